import type { Offer } from '../../contract/frames/inbound.ts';
import { promptOf, promptPreview } from '../../contract/tasks/index.ts';
import type { Logger } from '../../log/logger.ts';
import type { WorkerEvents } from '../events.ts';

/**
 * Gives what logs an offer and makes it an event, the first time it is called. An offer that waits is reported while it
 * does, any other after its accept has gone out: the studio waits for that, and nobody for a log line.
 */
export function reportOffer(
  offer: Offer,
  { log, events }: { readonly log: Logger; readonly events: Pick<WorkerEvents, 'emit'> },
): () => void {
  let isReported = false;
  return () => {
    if (isReported) return;
    isReported = true;
    const { jobId, model, task } = offer;
    log.info('offer.received', describe(offer));
    log.debug('offer.prompt', {
      jobId,
      // Read only where somebody asked for debug lines: a prompt may be megabytes of messages.
      get promptPreview() {
        return promptPreview(promptOf(task));
      },
    });
    events.emit({ is: 'offer', jobId, kind: task.kind, model });
  };
}

const describe = ({ task, modelSource: _source, ...facts }: Offer) => ({ ...facts, kind: task.kind });
