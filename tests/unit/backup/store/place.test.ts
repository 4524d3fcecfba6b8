import * as path from "node:path";
import { expect } from "chai";
import { placeOf } from "../../../../backup/store/place";
import { backupDirectory } from "../../../../backup/store/stack-folder";
import { writeMachineSettings } from "../../../../config/files/machine";
import { UserError } from "../../../../errors";
import { projectDirectory } from "../../../../home/project";
import { temporaryDirectory } from "../../../support/temporary-directory";

describe("B2 where backups are", () => {
  const configured = (backup: unknown) => writeMachineSettings(projectDirectory, "swarm", { backup });
  beforeEach(() => {
    process.env["GHOST_PLATFORM_HOME"] = temporaryDirectory();
  });
  afterEach(() => Reflect.deleteProperty(process.env, "GHOST_PLATFORM_HOME"));

  it("is what the person names, else what the stack file says, else a folder of this machine", () => {
    expect(placeOf("swarm", {})).to.deep.equal({ directory: backupDirectory });
    configured({ target: "offsite:backups/ghost" });
    const target = { remote: "offsite", path: "backups/ghost" };
    expect(placeOf("swarm", {})).to.deep.equal({ target });
    expect(placeOf("swarm", { target: "other:x" })).to.deep.equal({ target: { remote: "other", path: "x" } });
    expect(placeOf("swarm", { directory: "kept" })).to.deep.equal({ directory: path.resolve("kept") });
    // Of a stack whose backups alone are here.
    expect(placeOf("gone", {})).to.deep.equal({ directory: backupDirectory });
  });

  it("is one place, and credentials are no part of it, wherever it is named", () => {
    expect(() => placeOf("swarm", { directory: "a", target: "b:c" })).to.throw(UserError, "name one of them");
    configured({ target: ":s3,secret_access_key=x:backups" });
    expect(() => placeOf("swarm", {})).to.throw(UserError, "show the credentials");
    configured({ target: 7 });
    expect(() => placeOf("swarm", {})).to.throw(UserError, "backup.target must be a remote");
  });
});
