import { z } from "zod";

/** No app: nothing makes it. */
export const app = { settings: z.strictObject({}), deploy: {} };
