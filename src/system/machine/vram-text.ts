/** What the sources of GPU memory print, read. Pure; unreadable text is 0, which the caller takes as "unknown". */

/** MiB from `/proc/driver/nvidia/gpus/<id>/information`; its line says `Video Memory: 24564 MiB`, or GiB. */
export function parseNvidiaInformation(text: string): number {
  const [, amount, unit] = /^Video Memory:\s*(\d+(?:\.\d+)?)\s*([MG])i?B/m.exec(text) ?? [];
  return Number(amount ?? 0) * (unit === 'G' ? 1024 : 1);
}

/**
 * The sum of a command's or a file's lines, one number each, in whatever unit the source speaks. A line that is no number,
 * such as `[N/A]`, belongs to a GPU that does not say, and is skipped.
 */
export function sumOfLines(text: string): number {
  return linesOf(text)
    .filter((line) => NUMBER.test(line))
    .reduce((sum, line) => sum + Number(line), 0);
}

/** How many GPUs of such a list do not say how much memory they have. */
export const silentLines = (text: string): number => linesOf(text).filter((line) => !NUMBER.test(line)).length;

const NUMBER = /^\d+(\.\d+)?$/;
const linesOf = (text: string): readonly string[] =>
  text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '');
