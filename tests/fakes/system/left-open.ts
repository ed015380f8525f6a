/** Fails where the program reported that something it left open had kept it from ending by itself. */
export function assertEndedByItself(stderr: string): void {
  if (stderr.includes('warning: something was left open'))
    throw new Error(`the program did not end by itself:\n${stderr}`);
}
