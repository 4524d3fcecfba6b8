import { z } from "zod";
import type { OwnApp } from "../../../components/own-app";

/** An app that can be on one platform alone. */
export const app: OwnApp<Record<string, never>> = {
  settings: z.strictObject({}),
  deploy: { swarm: () => undefined },
  declare: () => ({}),
};
