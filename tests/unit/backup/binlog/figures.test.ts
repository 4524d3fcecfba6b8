import { once } from "node:events";
import * as fs from "node:fs";
import type { AddressInfo } from "node:net";
import * as path from "node:path";
import { expect } from "chai";
import { archivedThrough } from "../../../../components/archive-figures";
import { archiveFigures, tellFigures } from "../../../../backup/binlog/figures";
import { temporaryDirectory } from "../../../support/temporary-directory";

describe("B4 the figures of the archive", () => {
  let marks: [heard: string, sent: string];
  const mark = (file: string, seconds: number) => {
    fs.writeFileSync(file, "");
    fs.utimesSync(file, seconds, seconds);
  };
  beforeEach(() => {
    const folder = temporaryDirectory();
    marks = [path.join(folder, "heard"), path.join(folder, "sent")];
  });

  it("say until when all is in the store: as far as was heard, and no further than was sent", () => {
    const [heard, sent] = marks;
    mark(heard, 2000);
    mark(sent, 1000);
    expect(archiveFigures(marks)).to.equal(`${archivedThrough} 1000\n`);
    mark(sent, 3000);
    expect(archiveFigures(marks)).to.equal(`${archivedThrough} 2000\n`);
  });

  it("say nothing of what is not known", () => {
    expect(archiveFigures(marks)).to.equal("");
    mark(marks[0], 2000);
    expect(archiveFigures(marks)).to.equal("");
  });

  it("are told to whoever asks, as they are at that moment", async () => {
    const server = tellFigures(marks, 0);
    try {
      await once(server, "listening");
      const page = `http://127.0.0.1:${(server.address() as AddressInfo).port}/metrics`;
      expect(await (await fetch(page)).text()).to.equal("");
      marks.forEach((file) => mark(file, 1000));
      expect(await (await fetch(page)).text()).to.equal(`${archivedThrough} 1000\n`);
    } finally {
      server.close();
      server.closeAllConnections();
    }
  });
});
