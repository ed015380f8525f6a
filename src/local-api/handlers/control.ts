import type { WorkerControl } from '../../worker/control/control.ts';
import { repliesTo } from '../../worker/control/replies.ts';
import { SAFE_HEADERS } from '../http/reply.ts';
import type { Handlers } from '../http/router.ts';

/**
 * What the commands of this program ask, by the table of worker/control: one line of JSON for an answer, or one for each
 * event until either side hangs up.
 */
export const controlHandlers = (control: WorkerControl, stopping: AbortSignal): Pick<Handlers, 'control'> => ({
  control({ body, request }) {
    const left = new AbortController();
    const signal = AbortSignal.any([request.signal, left.signal, stopping]);
    const replies = repliesTo(control, { is: 'read', value: body }, signal);
    return new Response(
      linesOf(replies, () => left.abort()),
      {
        headers: { ...SAFE_HEADERS, 'content-type': 'application/x-ndjson' },
      },
    );
  },
});

const ENCODER = new TextEncoder();

/** Pulled by the socket: a reader that is slow is waited for, line by line. */
const linesOf = (values: AsyncGenerator, onLeft: () => void): ReadableStream<Uint8Array> =>
  new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { done, value } = await values.next();
      if (done === true) controller.close();
      else controller.enqueue(ENCODER.encode(`${JSON.stringify(value)}\n`));
    },
    cancel() {
      onLeft();
      void values.return(undefined);
    },
  });
