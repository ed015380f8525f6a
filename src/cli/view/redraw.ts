/** Redraws lines over their former ones on a terminal: up to the first of those, each line cleared and written. */
export const redraw = (lines: readonly string[], formerLines: number): string =>
  `${formerLines > 0 ? `\u001B[${formerLines}A` : ''}${lines.map((line) => `\r\u001B[2K${line}\n`).join('')}`;
