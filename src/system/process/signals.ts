import { readFileSync } from 'node:fs';

/** A signal that asks this process to stop. */
export type StopSignal = 'SIGINT' | 'SIGTERM' | 'SIGQUIT' | 'SIGHUP' | 'SIGBREAK';

/**
 * Calls back for each request to stop, with how many there have been, until the returned function is called; from then
 * on a signal ends the process as it would any other. The caller decides what the second and the third one mean.
 */
export type OnStopSignals = (call: (signal: StopSignal, count: number) => void) => () => void;

/** The real signals of this process. */
export const onStopSignals: OnStopSignals = (call) => {
  let count = 0;
  const subscriptions = stopSignals(process.platform, isHangUpIgnored).map((signal) => {
    const onSignal = (): void => call(signal, ++count);
    process.on(signal, onSignal);
    return () => void process.off(signal, onSignal);
  });
  for (const signal of straySignals(process.platform)) process.on(signal, ignore);
  return () => {
    for (const unsubscribe of subscriptions) unsubscribe();
    for (const signal of straySignals(process.platform)) process.off(signal, ignore);
  };
};

const ignore = (): void => {};

/** Signals that mean nothing to this program and would end it, as they end any that does not listen (POSIX signal.h). */
const straySignals = (platform: NodeJS.Platform): readonly NodeJS.Signals[] =>
  platform === 'win32' ? [] : ['SIGUSR1', 'SIGUSR2', 'SIGALRM', 'SIGVTALRM', 'SIGPROF', 'SIGIO'];

/**
 * Who asks to stop. On Windows SIGBREAK is Ctrl-Break and SIGHUP a closed console window. Elsewhere SIGHUP is a closed
 * terminal, unless the worker was started with `nohup`, which listening would undo.
 */
export function stopSignals(platform: NodeJS.Platform, hangUpIgnored: () => boolean): readonly StopSignal[] {
  if (platform === 'win32') return ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGBREAK'];
  const always = ['SIGINT', 'SIGTERM', 'SIGQUIT'] as const;
  return hangUpIgnored() ? always : [...always, 'SIGHUP'];
}

/** Bit 0 of the ignored set is signal 1, the hang-up (Linux proc(5)). Where that is unknown, it counts as ignored. */
function isHangUpIgnored(): boolean {
  try {
    const mask = /^SigIgn:\s*([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
    return mask === undefined || (BigInt(`0x${mask}`) & 1n) === 1n;
  } catch {
    return true; // no /proc (macOS): breaking `nohup` would be worse than an abrupt end with the terminal
  }
}
