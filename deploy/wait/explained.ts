import { UserError } from "../../errors";

/** Says of a stack that does not come up how to learn more. */
export async function explained<Value>(stack: string, wait: () => Promise<Value>): Promise<Value> {
  try {
    return await wait();
  } catch (error) {
    if (error instanceof UserError) {
      error.message += `\nWhy, in words: npm run ops -- diagnose --stack ${stack}. Once it is mended, npm start goes on from here.`;
    }
    throw error;
  }
}
