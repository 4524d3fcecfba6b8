import { expect } from "chai";
import { median, percentile, ratio, slope, spread } from "../../../bench/statistics";

describe("the statistics of the benchmarks", () => {
  it("take the middle of an odd and of an even count", () => {
    expect(median([9, 1, 2])).to.equal(2);
    expect(median([4, 1, 2, 9])).to.equal(3);
  });

  it("tell what so many percent do not exceed", () => {
    const hundred = Array.from({ length: 100 }, (_, index) => 100 - index);
    expect([1, 50, 99, 100].map((percent) => percentile(hundred, percent))).to.deep.equal([1, 50, 99, 100]);
    expect(percentile([7], 99)).to.equal(7);
  });

  it("tell the least, the middle and the most", () => {
    expect(spread([3, 1, 2], 1)).to.equal("1.0 / 2.0 / 3.0");
  });

  it("compare medians", () => {
    expect(ratio([2, 3, 4], [2, 2, 2])).to.equal("1.50");
  });

  it("find what each further one costs", () => {
    expect(
      slope([
        [1, 10],
        [2, 12],
        [4, 16],
      ]),
    ).to.be.closeTo(2, 1e-9);
  });
});
