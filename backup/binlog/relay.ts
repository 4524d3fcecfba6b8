import { Readable } from "node:stream";
import { UserError } from "../../errors";
import { EventReader, eventType, nothingBefore, magic, transactionStart, typeOf } from "./events";
import type { Logged } from "./chain";
import { GtidSet, gtidText } from "../format/gtid";

/**
 * The transactions of a segment.
 *
 * @param where for messages
 * @throws UserError for what is no segment: with half a transaction, or bytes that belong to none
 */
export async function transactionsIn(data: Readable, where: string): Promise<Logged[]> {
  const found: Logged[] = [];
  for await (const { logged } of eventsIn(data, where)) {
    if (logged && found.at(-1) !== logged) {
      found.push(logged);
    }
  }
  return found;
}

/**
 * One log of the wanted transactions of several segments, as a server replays it (a relay log). Of a transaction that is there twice, the first is taken.
 *
 * @param segments their data, one after the other, each opened when it is its turn
 */
export function relayLog(
  segments: readonly { open: () => Promise<Readable>; where: string }[],
  wanted: GtidSet,
): Readable {
  async function* log(): AsyncGenerator<Buffer> {
    yield magic;
    let left = wanted;
    let isDescribed = false;
    for (const { open, where } of segments) {
      let current: Logged | undefined;
      let isTaken = false;
      for await (const { event, logged } of eventsIn(await open(), where)) {
        if (logged && logged !== current) {
          current = logged;
          isTaken = left.has(logged.gtid);
          left = left.minus(GtidSet.of(logged.gtid));
        }
        if (!logged || isTaken) {
          yield event;
        }
        if (!logged && !isDescribed) {
          isDescribed = true;
          yield nothingBefore(event);
        }
      }
    }
    if (!left.isEmpty) {
      throw new UserError(`the segments do not hold ${left.toString()}, which they said they did`);
    }
  }
  return Readable.from(log(), { objectMode: false });
}

/** The events of a segment, each with the transaction that it belongs to; those that say how others are written belong to none. */
async function* eventsIn(data: Readable, where: string): AsyncGenerator<{ event: Buffer; logged?: Logged }> {
  const reader = new EventReader();
  let open: { logged: Logged; left: number } | undefined;
  for await (const chunk of data) {
    for (const event of reader.add(chunk as Buffer)) {
      const start = transactionStart(event);
      if (start) {
        if (open && open.left > 0) {
          throw new UserError(`${where} ends in the middle of transaction ${gtidText(open.logged.gtid)}`);
        }
        open = { logged: { gtid: start.gtid, committed: start.committed }, left: start.bytes };
      }
      if (open && open.left > 0) {
        open.left -= event.length;
        yield { event, logged: open.logged };
      } else if (typeOf(event) === eventType.formatDescription) {
        yield { event };
      } else {
        throw new UserError(`${where} holds an event that belongs to no transaction`);
      }
    }
  }
  if (!reader.isWhole || (open && open.left !== 0)) {
    throw new UserError(`${where} ends in the middle of a transaction`);
  }
}
