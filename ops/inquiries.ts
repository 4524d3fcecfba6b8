import type { Trouble } from "../components/app";
import { answerOf, type AskedStack } from "../deploy/container-question";
import { appsOf } from "../stacks/apps";
import type { Finding } from "./finding";

/** What a diagnosis says of what apps are asked inside their containers. */
export async function inquiryFindings(stack: AskedStack & { name: string }): Promise<Finding[]> {
  const inquiries = appsOf(stack.config).flatMap((app) => app.inquiries?.(stack.config) ?? []);
  const answers = await Promise.all(
    inquiries.map(async (inquiry) => inquiry.judge(await answerOf(stack, inquiry), stack.name)),
  );
  return answers.flat().map(finding);
}

function finding({ isNotice, ...trouble }: Trouble): Finding {
  return { ...trouble, severity: isNotice ? "notice" : "failure" };
}
