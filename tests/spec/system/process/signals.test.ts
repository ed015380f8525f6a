import { afterEach, describe, expect, test } from 'bun:test';
import { stopSignals } from '../../../../src/system/process/signals.ts';
import { LINUX, needs, POSIX } from '../../../needs.ts';

const MODULE = new URL('../../../../src/system/process/signals.ts', import.meta.url).href;
const WAIT_MS = 30_000;

/** A real process that prints each request to stop, leaves at the third, and stays alive until then. */
const LISTENER = `
  const { onStopSignals } = await import(${JSON.stringify(MODULE)});
  const say = (text) => process.stdout.write(text + '\\n');
  const unsubscribe = onStopSignals((signal, count) => {
    say(signal + ' ' + count);
    if (count === 2 && process.argv.includes('unsubscribe')) { unsubscribe(); say('unsubscribed'); }
    if (count === 3) clearInterval(alive);
  });
  const alive = setInterval(() => {}, 60_000);
  say('listening');
`;

const started: { kill(signal: NodeJS.Signals): void }[] = [];
afterEach(() => {
  for (const child of started.splice(0)) child.kill('SIGKILL');
});

async function setup(options: { readonly unsubscribe?: boolean; readonly under?: readonly string[] } = {}) {
  const { unsubscribe = false, under = [] } = options;
  const child = Bun.spawn({
    cmd: [...under, process.execPath, '-e', LISTENER, ...(unsubscribe ? ['unsubscribe'] : [])],
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'inherit',
  });
  started.push(child);
  const lines = child.stdout.pipeThrough(new TextDecoderStream());
  const reader = lines.getReader();
  let text = '';
  const line = async (): Promise<string> => {
    while (!text.includes('\n')) {
      const { value, done } = await within('a line of the child', reader.read());
      if (done) throw new Error('the child said nothing more');
      text += value;
    }
    const end = text.indexOf('\n');
    const first = text.slice(0, end);
    text = text.slice(end + 1);
    return first;
  };
  expect(await line()).toBe('listening');
  return { child, line, ended: () => within('the end of the child', child.exited) };
}

function within<T>(what: string, work: Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error(`waited ${WAIT_MS} ms for ${what}`)), WAIT_MS);
  return Promise.race([work, late.promise]).finally(() => clearTimeout(timer));
}

describe('a process that is asked to stop', () => {
  const test = needs(POSIX);

  test('counts every request, whichever signal brings it, and ends by itself', async () => {
    const { child, line, ended } = await setup();
    child.kill('SIGINT');
    expect(await line()).toBe('SIGINT 1');
    child.kill('SIGTERM');
    expect(await line()).toBe('SIGTERM 2');
    child.kill('SIGINT');
    expect(await line()).toBe('SIGINT 3');
    expect(await ended()).toBe(0);
  });

  for (const signal of ['SIGUSR1', 'SIGUSR2', 'SIGALRM', 'SIGVTALRM', 'SIGPROF', 'SIGIO'] as const) {
    test(`is not ended by ${signal}, which asks for nothing`, async () => {
      const { child, line } = await setup();
      child.kill(signal);
      child.kill('SIGQUIT');
      expect(await line()).toBe('SIGQUIT 1');
    });
  }

  test('is ended by the next signal once nobody listens any more', async () => {
    const { child, line, ended } = await setup({ unsubscribe: true });
    child.kill('SIGTERM');
    expect(await line()).toBe('SIGTERM 1');
    child.kill('SIGTERM');
    expect(await line()).toBe('SIGTERM 2');
    expect(await line()).toBe('unsubscribed');
    child.kill('SIGTERM');
    await ended();
    expect(child.signalCode).toBe('SIGTERM');
  });
});

describe('a closed terminal', () => {
  const test = needs(LINUX);

  test('asks to stop like any other signal', async () => {
    const { child, line } = await setup();
    child.kill('SIGHUP');
    expect(await line()).toBe('SIGHUP 1');
  });

  test('changes nothing for a process started to survive it', async () => {
    const { child, line } = await setup({ under: ['sh', '-c', 'trap "" HUP; exec "$@"', 'sh'] });
    child.kill('SIGHUP');
    child.kill('SIGTERM');
    expect(await line()).toBe('SIGTERM 1');
  });
});

test('Windows adds Ctrl-Break and a closed console window', () => {
  expect(stopSignals('win32', () => true)).toEqual(['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGBREAK']);
  expect(stopSignals('darwin', () => true)).toEqual(['SIGINT', 'SIGTERM', 'SIGQUIT']);
  expect(stopSignals('linux', () => false)).toEqual(['SIGINT', 'SIGTERM', 'SIGQUIT', 'SIGHUP']);
});
