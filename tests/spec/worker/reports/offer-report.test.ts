import { expect, test } from 'bun:test';
import { createWorkerEvents, type WorkerEvent } from '../../../../src/worker/events.ts';
import { reportOffer } from '../../../../src/worker/reports/offer-report.ts';
import { createLogger } from '../../../../src/log/logger.ts';
import { anLlmTask, anOffer } from '../../../fakes/builders.ts';
import { recordingLogger } from '../../../fakes/recording-logger.ts';
import { FakeClock } from '../../../fakes/system/fake-clock.ts';

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

test('a prompt is not gone through for a line that nobody asked for', () => {
  let read = 0;
  const task = anLlmTask();
  Object.defineProperty(task, 'messages', { get: () => ((read += 1), [{ role: 'user', content: 'hi' }]) });
  const { sink, wants } = { sink: () => {}, wants: (level: string) => level !== 'debug' };
  const log = createLogger({ area: 'jobs', clock: new FakeClock(), sinks: [sink], redact: (fields) => fields, wants });
  reportOffer(anOffer({ task }), { log, events: createWorkerEvents(log) })();
  expect(read).toBe(0);
});
