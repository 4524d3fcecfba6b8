/**
 * An error of the file system in one sentence, with its cause and what to do; undefined for any other error.
 *
 * @param error what Node.js has thrown
 * @param doing what was tried, as a participle: `read`. Default: what the error says
 * @param file what it was tried with. Default: the path in the error
 */
export function fileErrorInWords(error: unknown, doing?: string, file?: string): string | undefined;
