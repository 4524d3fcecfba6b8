import { until } from "./until";

/** What a reader was answered, and after how many seconds. */
export interface Answer {
  /** Or what went wrong, in words. */
  status: string;
  waited: number;
}

/** Readers who come evenly, whatever becomes of those who came before: they wait for their answers side by side. */
export class Readers {
  private readonly answers: Answer[] = [];
  private readonly asked: Promise<void>[] = [];
  private readonly began = performance.now();
  private readonly load: NodeJS.Timeout;

  /**
   * @param ask status of the answer to a reader, by his number
   * @param perSecond how many come in a second
   */
  constructor(
    private readonly ask: (number: number) => Promise<number>,
    private readonly perSecond = 50,
  ) {
    this.load = setInterval(() => {
      while (this.asked.length < ((performance.now() - this.began) / 1000) * perSecond) {
        this.asked.push(this.one(this.asked.length));
      }
    }, 20);
  }

  /** Waits until a second's readers have been answered. */
  async areAnswered(): Promise<void> {
    await until("the first readers", 30, () => Promise.resolve(this.answers.length > this.perSecond));
  }

  /** No more come; waits until all have been answered, tells how long that took, and returns what they were. */
  async stop(): Promise<Answer[]> {
    clearInterval(this.load);
    const seconds = (performance.now() - this.began) / 1000;
    await Promise.all(this.asked);
    const longest = Math.max(...this.answers.map(({ waited }) => waited));
    console.log(
      `      ⏱ ${this.asked.length} readers in ${seconds.toFixed(0)} s; the longest waited ${longest.toFixed(1)} s`,
    );
    return this.answers;
  }

  /** Ends the load where a test has failed. */
  abandon(): void {
    clearInterval(this.load);
  }

  private async one(number: number): Promise<void> {
    const began = performance.now();
    const status = await this.ask(number).catch(String);
    this.answers.push({ status: String(status), waited: (performance.now() - began) / 1000 });
  }
}

/** Seconds that the longest waited. */
export function longestWait(answers: readonly Answer[]): number {
  return Math.max(...answers.map(({ waited }) => waited));
}

/** What readers are answered while something is done. @param perSecond see `Readers` */
export async function readersDuring(
  ask: (number: number) => Promise<number>,
  work: () => Promise<void>,
  perSecond?: number,
): Promise<Answer[]> {
  const readers = new Readers(ask, perSecond);
  try {
    await readers.areAnswered();
    await work();
    return await readers.stop();
  } finally {
    readers.abandon();
  }
}
