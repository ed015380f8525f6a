import { expect, test } from 'bun:test';
import { openUi, type StayEnd, type UiChoice } from '../../../src/ui/only-ui.ts';
import { FakeClock } from '../../fakes/system/fake-clock.ts';
import { failureOf } from '../../fakes/system/temp-folder.ts';
import { recordingLogger } from '../../fakes/recording-logger.ts';

/** A desktop whose tray, lock and service a test chooses. */
function setup(about: { canStay?: boolean; taken?: boolean; service?: string } = {}) {
  const did: string[] = [];
  const left = Promise.withResolvers<StayEnd>();
  const log = recordingLogger();
  const open = (choice: Partial<UiChoice> = {}) =>
    openUi(
      { printOnly: false, minimised: false, ...choice },
      {
        log,
        canShowIcon: () => Promise.resolve(about.canStay ?? true),
        lock: () =>
          Promise.resolve(
            about.taken === true
              ? { is: 'taken', by: { pid: 1, since: 1 } }
              : { is: 'held', release: () => void did.push('released') },
          ),
        raise: () => Promise.resolve(void did.push('raised')),
        stay: () => left.promise,
        goOn: () => void did.push('went on'),
        window: {
          pageUrl: () => Promise.resolve(about.service === undefined ? 'http://127.0.0.1:1/#code=x' : undefined),
          serviceManager: () => Promise.resolve(about.service),
          startWorker: () => Promise.resolve('started'),
          show: () => Promise.resolve(did.push('shown') > 0 ? 'started' : 'failed'),
          desktop: { platform: 'linux', homeDir: '/home/x', get: () => ':0' },
          clock: new FakeClock(),
        },
      },
    );
  return { did, open, log, leave: (end: StayEnd = 'told') => left.resolve(end) };
}

test('the process stays for its icon, and gives its place up after it', async () => {
  const at = setup();
  const { stays, ...opened } = await at.open();
  expect(opened).toMatchObject({ shown: 'app', raised: false });
  expect(at.did).toEqual(['shown']);
  at.leave();
  await stays;
  expect(at.did).toEqual(['shown', 'released']);
});

test('without a tray nothing stays, and nothing is locked', async () => {
  const at = setup({ canStay: false });
  expect(await at.open()).toMatchObject({ shown: 'app', raised: false });
  expect(await at.open({ minimised: true })).toMatchObject({ shown: 'none' });
  expect(at.did).toEqual(['shown']);
});

test('a second process raises the first, unless it starts minimised', async () => {
  const at = setup({ taken: true });
  expect(await at.open({ minimised: true })).toMatchObject({ shown: 'none', raised: true });
  expect(at.did).toEqual([]);
  expect(await at.open()).toMatchObject({ shown: 'none', raised: true });
  expect(at.did).toEqual(['raised']);
});

test('a service that is down fails a window, and shows in an icon', async () => {
  const at = setup({ service: 'systemd' });
  expect(await failureOf(at.open())).toMatchObject({ code: 'worker.not-running' });
  expect(at.did).toEqual(['released']);
  const { stays } = await at.open({ minimised: true });
  expect(stays).toBeDefined();
  expect(at.log.events.map(({ event }) => event)).toEqual(['tray.no-worker']);
});

test('a replaced program gives its place up, then goes on as the new one', async () => {
  const at = setup();
  const { stays } = await at.open();
  at.leave('replaced');
  await stays;
  expect(at.did).toEqual(['shown', 'released', 'went on']);
});
