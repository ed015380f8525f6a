/** A table of words, from a text such as `km kilometers, mph miles per hour`: each key is followed by its value. */
export const table = (text: string): ReadonlyMap<string, string> =>
  new Map(
    text.split(', ').map((pair) => {
      const space = pair.indexOf(' ');
      return [pair.slice(0, space), pair.slice(space + 1)];
    }),
  );
