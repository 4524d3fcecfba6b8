import { imagesInWords, readJournal } from "../../home/upgrade-journal";
import type { StackStatus } from "../stack-status";

/** A status, with a word on an upgrade that is not through. */
export function withUpgrade(status: StackStatus): StackStatus {
  const { problems, stack } = status;
  const journal = readJournal(stack);
  return !journal || journal.state === "done"
    ? status
    : {
        ...status,
        well: false,
        problems: [
          ...problems,
          `An upgrade (${imagesInWords(journal)}) is under way or was cut off. To go on: npm run ops -- upgrade --stack ${stack}; to go back: npm run ops -- rollback --stack ${stack}`,
        ],
      };
}
