import { expect } from "chai";
import { refusesFormerAuthority, replacesAuthority, type CertifiedServer } from "./authority-replaced";
import { othersThan, type ReachedGroup } from "./reached-group";
import { show, strangers, writing, type Certificate } from "./strangers";
import { until } from "./until";

/**
 * Declares what is tried of a server that has a member's password and believes the group, and whose certificate is from somebody else; the same on every platform.
 *
 * @param rows of docs/features.md, for the names of the tests
 * @param of the group that the suite works on
 * @param inside runs a program for bash in a member's container
 * @param reading how a page of the site is asked for
 */
export function groupStrangers(
  rows: string,
  of: () => ReachedGroup,
  inside: (member: number, program: string) => Promise<string>,
  reading: Pick<CertifiedServer, "ask" | "isAwayMeanwhile">,
): void {
  it(`${rows} a member that shows a certificate of another authority is not taken in, and back with its own it is`, async () => {
    await isNotTakenIn(of(), inside, async (stranger) => {
      const names = [`mysql-${stranger}.mysql`, `mysql-${stranger}`];
      return (await strangers(of().place, names)).anotherAuthority;
    });
  });

  describe("and another authority", () => {
    let former: Certificate;
    let server: CertifiedServer;

    before(() => {
      server = { place: of().place, members: of().group.all, inside, ...reading };
    });

    it(`${rows} S7 takes the place of the former while the group takes writes, though the command is killed half-way`, async () => {
      await of().group.underLoad("secrets rotate --authority", async () => {
        former = await replacesAuthority(server);
      });
    });

    it(`${rows} S7 a member that shows a certificate of the former is not taken in`, () =>
      isNotTakenIn(of(), inside, () => former));

    it(`${rows} A3 a stack file from before is refused, and readers notice nothing`, () =>
      refusesFormerAuthority(server));
  });
}

/** A member other than the primary shows a certificate, believing it: the others do not take it in, until it shows its own again. */
async function isNotTakenIn(
  reached: ReachedGroup,
  inside: (member: number, program: string) => Promise<string>,
  certificateFor: (stranger: number) => Certificate | Promise<Certificate>,
): Promise<void> {
  const { group, log, place } = reached;
  const [stranger = 0] = othersThan(reached, await group.primary());
  const others = othersThan(reached, stranger);
  const certificate = await certificateFor(stranger);
  // It believes itself and the others: it is they who have to refuse it.
  const folder = "/tmp/another-authority";
  const believes = (file: string) => `SET GLOBAL group_replication_recovery_ssl_ca = '${file}'`;
  const believing = `cat /run/secrets/mysql-tls/ca.crt >>${folder}/ca.crt`;
  await inside(stranger, `${writing(certificate, folder)}\n${believing}`);
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
  // What a member says of itself comes a moment after the group has it.
  await until("the status to be well", 60, async () => (await place.ops("mysql status")).status === 0);
}
