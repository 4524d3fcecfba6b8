import { lockOrRefuse } from "../home/deployment-lock";

/** Two rotations at once would each make a password, or an authority; the deployment has a lock of its own. */
export function lockRotation(stack: string): void {
  lockOrRefuse(`${stack}.rotation.lock`, `A password or the authority of stack ${stack} is being rotated`);
}
