import { expect, test } from 'bun:test';
import { CHECK_MS, createReadyCheck, REUSE_MS } from '../../../../src/local-studio/http/probes.ts';
import { nextTurn } from '../../../../src/system/clock.ts';
import { recordingLogger } from '../../../fakes/recording-logger.ts';
import { FakeClock } from '../../../fakes/system/fake-clock.ts';

const DATABASE = 'the database does not answer';
const ARTIFACTS = 'the store of artifacts does not answer';

/** A studio whose database and store answer as they are told to, with how often each was asked. */
function aStudio() {
  const clock = new FakeClock();
  const log = recordingLogger();
  const answers = { ping: (): Promise<void> => Promise.resolve(), check: (): Promise<void> => Promise.resolve() };
  const asked = { ping: 0, check: 0 };
  const ping = (): Promise<void> => (asked.ping++, answers.ping());
  const check = (): Promise<void> => (asked.check++, answers.check());
  const studio = { clock, log, stopped: false, store: { ping } };
  return { studio, clock, log, answers, asked, objections: createReadyCheck({ studio, artifacts: { check } }) };
}

const gone = (): Promise<void> => Promise.reject(new Error('ECONNREFUSED 10.0.0.7:5432'));
const never = (): Promise<void> => new Promise(() => {});

test('a studio is ready while its database and its store answer', async () => {
  const at = aStudio();
  expect(await at.objections()).toEqual([]);
  at.answers.ping = gone;
  at.clock.advance(REUSE_MS);
  expect(await at.objections()).toEqual([DATABASE]);
  at.answers.check = gone;
  at.clock.advance(REUSE_MS);
  expect(await at.objections()).toEqual([DATABASE, ARTIFACTS]);
});

test('what never answers is waited for a moment, and asked once', async () => {
  const at = aStudio();
  at.answers.check = never;
  for (let times = 0; times < 3; times++) {
    at.clock.advance(REUSE_MS);
    const objections = at.objections();
    await new Promise<void>((resolve) => nextTurn(resolve)); // the database has answered by now
    at.clock.advance(CHECK_MS);
    expect(await objections).toEqual([ARTIFACTS]);
  }
  expect(at.asked).toEqual({ ping: 3, check: 1 });
});

test('however many probe, the database is asked once a second', async () => {
  const at = aStudio();
  await Promise.all([at.objections(), at.objections()]);
  at.clock.advance(REUSE_MS - 1);
  await at.objections();
  expect(at.asked).toEqual({ ping: 1, check: 1 });
  at.clock.advance(1);
  await at.objections();
  expect(at.asked).toEqual({ ping: 2, check: 2 });
});

test('a studio that stops is not ready, whatever it was before', async () => {
  const at = aStudio();
  expect(await at.objections()).toEqual([]);
  at.studio.stopped = true;
  expect(await at.objections()).toEqual(['the studio stops']);
});

test('the log says once that a studio is unready, and when that ends', async () => {
  const at = aStudio();
  await at.objections();
  at.answers.ping = gone;
  for (let times = 0; times < 2; times++) {
    at.clock.advance(REUSE_MS);
    await at.objections();
  }
  at.answers.ping = () => Promise.resolve();
  at.clock.advance(REUSE_MS);
  await at.objections();
  expect(at.log.names()).toEqual(['studio.not-ready', 'studio.ready-again']);
  expect(at.log.find('studio.not-ready')?.fields).toEqual({ because: DATABASE });
});
