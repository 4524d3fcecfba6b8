import { frontDoorTroubles, type FrontDoor } from "./wait/front-door";

/** What a start says last of routes that no Gateway takes yet, and of certificates that are not made yet: the stack is up, and readers do not get to it. */
export function frontDoorLines(stack: string, door: FrontDoor): string[] {
  const troubles = [...frontDoorTroubles(door).map(({ object, why }) => `${object}: ${why}`), ...door.unknown];
  return troubles.length === 0
    ? []
    : [
        "",
        "The stack runs, but readers may not get to it yet:",
        ...troubles.map((line) => `  ${line}`),
        `Whether it is through: npm run ops -- diagnose --stack ${stack}`,
      ];
}
