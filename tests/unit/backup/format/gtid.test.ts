import { expect } from "chai";
import { GtidSet, parseGtid } from "../../../../backup/format/gtid";

const one = "3e11fa47-71ca-11e1-9e33-c80aa9429562";
const two = "2c5510a3-ec19-11f1-9baf-02fc00000001";
const set = (text: string) => GtidSet.parse(text);

describe("B4 sets of transactions", () => {
  it("are read as MySQL writes them, over several lines and with intervals that touch", () => {
    expect(set(`${one.toUpperCase()}:1-3:4:7,\n${two}:5`).toString()).to.equal(`${two}:5,${one}:1-4:7`);
    expect(set("").isEmpty).to.equal(true);
    expect(set(`${one}:1-3,${one}:2-9`).size).to.equal(9);
  });

  it("are added and taken from each other, of several servers", () => {
    const both = set(`${one}:1-10`).plus(set(`${two}:1-2`));
    expect(both.minus(set(`${one}:3-5:10`)).toString()).to.equal(`${two}:1-2,${one}:1-2:6-9`);
    expect(both.and(set(`${one}:9-20`)).toString()).to.equal(`${one}:9-10`);
    expect(both.minus(both).isEmpty).to.equal(true);
  });

  it("include another or not, and a transaction or not", () => {
    expect(set(`${one}:1-10`).includes(set(`${one}:2-3`))).to.equal(true);
    expect(set(`${one}:1-10`).includes(set(`${one}:2-11`))).to.equal(false);
    expect(set(`${one}:1-10`).includes(set(`${two}:1`))).to.equal(false);
    expect(set(`${one}:1-2`).has(parseGtid(`${one}:2`))).to.equal(true);
    expect(set(`${one}:1-2`).has(parseGtid(`${two}:2`))).to.equal(false);
  });

  it("are sent as the protocol has them: an end is the number behind it", () => {
    const bytes = set(`${one}:1-3`).toBytes();
    expect(bytes.toString("hex")).to.equal(
      `0100000000000000${one.replaceAll("-", "")}010000000000000001000000000000000400000000000000`,
    );
  });

  it("with tags are refused, and so is what is none", () => {
    expect(() => set(`${one}:tag:1-5`)).to.throw("has a tag");
    expect(() => parseGtid(`${one}:tag:5`)).to.throw("has a tag");
    for (const wrong of [one, `${one}:5-1`, `${one}:0`, "x:1", `${one}:1-x`]) {
      expect(() => set(wrong), wrong).to.throw("no set of MySQL's transactions");
    }
    for (const wrong of [`${one}:1-2`, one, "1", `${one}:-1`]) {
      expect(() => parseGtid(wrong), wrong).to.throw("UUID:NUMBER");
    }
  });
});
