import { expect } from "chai";
import { succeeded } from "./place";
import { othersThan, type ReachedGroup } from "./reached-group";
import { show, strangers, writing } from "./strangers";
import { until } from "./until";

/**
 * Declares what is tried of a server that has a member's password and believes the group, and whose certificate is from somebody else; the same on every platform.
 *
 * @param rows of docs/features.md, for the names of the tests
 * @param of the group that the suite works on
 * @param inside runs a program for bash in a member's container
 */
export function groupStrangers(
  rows: string,
  of: () => ReachedGroup,
  inside: (member: number, program: string) => Promise<string>,
): void {
  it(`${rows} a member that shows a certificate of another authority is not taken in, and back with its own it is`, async () => {
    const { group, log, place } = of();
    const [stranger = 0] = othersThan(of(), await group.primary());
    const others = othersThan(of(), stranger);
    const { anotherAuthority } = await strangers(place, [`mysql-${stranger}.mysql`, `mysql-${stranger}`]);
    // It believes itself and the others: it is they who have to refuse it.
    const folder = "/tmp/another-authority";
    const believes = (file: string) => `SET GLOBAL group_replication_recovery_ssl_ca = '${file}'`;
    const believing = `cat /run/secrets/mysql-tls/ca.crt >>${folder}/ca.crt`;
    await inside(stranger, `${writing(anotherAuthority, folder)}\n${believing}`);
    await group.root(stranger, `${show(folder)}; ${believes(`${folder}/ca.crt`)}; STOP GROUP_REPLICATION`);
    try {
      const refusals = async () => (await log(stranger)).split("the group did not take this member").length;
      const before = await refusals();
      await until("it to be refused", 240, async () => (await refusals()) > before);
      for (const member of others) {
        const seen = (await group.seenBy(member)).filter(({ state }) => state === "ONLINE");
        expect(
          seen.map(({ name }) => name),
          `in the group as mysql-${member} sees it`,
        ).to.not.include(`mysql-${stranger}`);
      }
    } finally {
      // Not while it tries to join.
      await until("its own certificate to be taken", 120, async () => {
        await group.root(stranger, `${show()}; ${believes("/run/secrets/mysql-tls/ca.crt")}`);
        return true;
      });
    }
    await group.whole();
    succeeded(await place.ops("mysql status"));
  });
}
