import type { OnDelta } from '../../engines/deltas.ts';

/*
 * A text on its way to a client that cannot take anything back. An engine may begin anew (`restart`): what it writes
 * then is held back until it is past what the client has, and must begin with it.
 */

export interface TextStream {
  /** For the job. */
  readonly onDelta: OnDelta;
  /** What of the whole text the client lacks; undefined when it has something else. */
  rest(whole: string): string | undefined;
}

/** `send` resolves once the client can take more; `tellable` is the beginning of a text that is certain, whatever follows. */
export function createTextStream(
  send: (text: string) => Promise<void>,
  tellable = (written: string): string => written,
): TextStream {
  let sent = '';
  let written = '';
  const lacking = (text: string): string | undefined => (text.startsWith(sent) ? text.slice(sent.length) : undefined);
  return {
    async onDelta(delta) {
      if (delta.is === 'restart') written = '';
      if (delta.is !== 'text') return;
      written += delta.text;
      const more = lacking(tellable(written));
      if (more === undefined || more === '') return;
      sent += more;
      await send(more);
    },
    rest: lacking,
  };
}
