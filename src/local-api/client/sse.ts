/** One server-sent event as it came over the wire. */
export interface RawEvent {
  readonly id: string | undefined;
  readonly event: string;
  readonly data: string;
}

/**
 * Reads server-sent events (HTML standard §9.2.6) from text that arrives in pieces of any size. A comment is a sign of life
 * and no event.
 */
export function createSseReader(): { readonly read: (piece: string) => readonly RawEvent[] } {
  let rest = '';
  return {
    read(piece) {
      const blocks = (rest + piece).replaceAll('\r\n', '\n').split('\n\n');
      rest = blocks.pop() ?? '';
      return blocks.flatMap(eventOf);
    },
  };
}

function eventOf(block: string): readonly RawEvent[] {
  let id: string | undefined;
  let event = 'message';
  const data: string[] = [];
  for (const line of block.split('\n')) {
    const [, name = '', value = ''] = /^([^:]*)(?:: ?(.*))?$/.exec(line) ?? [];
    if (name === 'id') id = value;
    else if (name === 'event') event = value;
    else if (name === 'data') data.push(value);
  }
  return data.length === 0 ? [] : [{ id, event, data: data.join('\n') }];
}
