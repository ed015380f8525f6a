/** No 32-bit float needs more digits to differ from its neighbours. */
const MAX_DIGITS = 9;

/**
 * A number as a 32-bit float is printed: the fewest digits that read back as the same float, never with an exponent,
 * which not every reader of a command line knows.
 */
export function float32Text(value: number): string {
  const float = Math.fround(value);
  if (!Number.isFinite(float)) return withoutExponent(String(value));
  for (let digits = 1; digits < MAX_DIGITS; digits++) {
    const text = float.toPrecision(digits);
    if (Math.fround(Number(text)) === float) return withoutExponent(String(Number(text)));
  }
  return withoutExponent(String(Number(float.toPrecision(MAX_DIGITS))));
}

function withoutExponent(text: string): string {
  const parts = /^(-?)(\d+)(?:\.(\d+))?e([+-]\d+)$/.exec(text);
  if (parts === null) return text;
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = parts;
  const digits = whole + fraction;
  const point = whole.length + Number(exponent);
  if (point <= 0) return `${sign}0.${'0'.repeat(-point)}${digits}`;
  return sign + digits.padEnd(point, '0');
}
