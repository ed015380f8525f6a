import { expect, test } from 'bun:test';
import { createWorkerEvents, type WorkerEvent } from '../../../../src/worker/events.ts';
import { reportOffer } from '../../../../src/worker/reports/offer-report.ts';
import { anOffer } from '../../../fakes/builders.ts';
import { recordingLogger } from '../../../fakes/recording-logger.ts';

test('an offer is logged and made an event once, however often it is answered', () => {
  const log = recordingLogger();
  const events = createWorkerEvents(log);
  const happened: WorkerEvent[] = [];
  events.subscribe((event) => void happened.push(event));
  const report = reportOffer(anOffer({ id: 'job-7' }), { log, events });
  expect(happened).toEqual([]);
  report();
  report();
  expect(happened).toMatchObject([{ is: 'offer', jobId: 'job-7' }]);
  expect(log.names()).toEqual(['offer.received', 'offer.prompt']);
});
