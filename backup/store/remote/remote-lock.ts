import { UserError } from "../../../errors";
import { holderIn, holderOf, lifeOf, wordsFor, type Holder } from "../holder";
import type { Rclone } from "./rclone";
import { writeObject } from "./small-object";
import { listStored, locksFolder, type Stored } from "./stored-files";

/**
 * The lock of a stack's backups in remote storage. Whoever works there writes an object of its own below .locks and looks then whether there is
 * another's. Of two at once both may withdraw, and never do both go on.
 */
export class RemoteLock {
  /** Name of the object that is ours. */
  private own: string | undefined;

  /**
   * @param place the stack's, for rclone
   * @param folder of this machine, in which a command works
   */
  constructor(
    private readonly rclone: Rclone,
    private readonly place: string,
    private readonly folder: string,
  ) {}

  get isHeld(): boolean {
    return this.own !== undefined;
  }

  /**
   * Takes it.
   *
   * @returns what the place holds under it
   * @throws UserError when another command holds it, or may hold it
   */
  async take(command: string): Promise<Stored> {
    const holder = holderOf(command);
    const name = `${holder.token}.json`;
    this.own = name;
    try {
      await writeObject(this.rclone, this.folder, `${JSON.stringify(holder)}\n`, this.address(name));
      const stored = await listStored(this.rclone, this.place);
      if (!stored.locks.includes(name)) {
        throw new UserError(
          `The lock of ${this.place} was written and is not there: the store does not keep what it is given`,
        );
      }
      for (const other of stored.locks.filter((one) => one !== name)) {
        await this.clear(other, holder);
      }
      return stored;
    } catch (error) {
      await this.giveBack();
      throw error;
    }
  }

  /** Gives it back; one that cannot be removed now stays, and says whose it was. */
  async giveBack(): Promise<void> {
    const { own } = this;
    this.own = undefined;
    if (own) {
      await this.rclone.ask(["deletefile", this.address(own)]).catch(() => undefined);
    }
  }

  /** @throws UserError where it is held and no more among these */
  mustBeIn({ locks }: Stored): void {
    if (this.own !== undefined && !locks.includes(this.own)) {
      throw new UserError(
        `The lock ${this.address(this.own)} is not there any more: somebody has removed it. This ends here, before anything more is changed; see that no other command works on these backups, then run it again`,
      );
    }
  }

  /**
   * Takes away the lock of a process of this machine that has ended. One from before the machine was started anew is one, too; were it that of a machine
   * which is a copy of this one, that one would stop at its next step, which it takes only under its lock.
   *
   * @throws UserError for any other
   */
  private async clear(name: string, own: Holder): Promise<void> {
    const file = this.address(name);
    if (!/^[0-9a-f-]{36}\.json$/.test(name)) {
      throw new UserError(
        `There is something in ${this.place}/${locksFolder} that this program has not written. Look what it is, and remove it when nothing works on these backups`,
      );
    }
    const holder = holderIn(await this.rclone.ask(["cat", file]));
    const life = holder ? lifeOf(holder, own) : "unknown";
    if (life === "ended" || life === "restarted") {
      await this.rclone.ask(["deletefile", file]);
      return;
    }
    throw new UserError(
      holder && life === "alive"
        ? `The backups in ${this.place} are in use by ${wordsFor(holder)}. Wait until it is through, then run this again`
        : `The backups in ${this.place} are locked by ${holder ? wordsFor(holder) : "something that does not say its name"}. Whether it still works there cannot be known from here. Look at that machine; when you are sure that nothing works on these backups, remove the lock and run this again:\n  rclone deletefile ${file}`,
    );
  }

  private address(name: string): string {
    return `${this.place}/${locksFolder}/${name}`;
  }
}
