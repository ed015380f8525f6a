import { readdirSync, readFileSync } from 'node:fs';
import { cpus, release, totalmem, type } from 'node:os';

/** What the kernel counts about a process with all its threads (proc(5)); Linux only. */
export interface Usage {
  /** Time on a processor. */
  readonly cpuMs: number;
  /** How often a thread of it gave up the processor and was woken again. */
  readonly wakeUps: number;
  /** Resident memory, shared pages of the executable included. */
  readonly rssBytes: number;
}

/** What it has used so far, or uses now. */
export function usageOf(pid: number): Usage {
  let cpuNs = 0;
  let wakeUps = 0;
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    const folder = `/proc/${pid}/task/${thread}`;
    cpuNs += Number(readFileSync(`${folder}/schedstat`, 'utf8').split(' ')[0]);
    wakeUps += numberAfter('voluntary_ctxt_switches:', readFileSync(`${folder}/status`, 'utf8'));
  }
  const rssKb = numberAfter('Rss:', readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'));
  return { cpuMs: cpuNs / 1e6, wakeUps, rssBytes: rssKb * 1024 };
}

/** A process and all that it started, and they in turn. */
export function treeOf(pid: number): readonly number[] {
  const children = readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
    readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8').split(' ').filter(Boolean).map(Number),
  );
  return [pid, ...children.flatMap(treeOf)];
}

const numberAfter = (name: string, text: string): number =>
  Number(new RegExp(`^${name}\\s+(\\d+)`, 'm').exec(text)?.[1] ?? Number.NaN);

/** The class of this machine; nothing that names it. */
export function machineClass(): string {
  const [first] = cpus();
  const gb = Math.round(totalmem() / 2 ** 30);
  return `${first?.model.trim() ?? 'unknown CPU'}, ${cpus().length} cores, ${gb} GB memory, ${type()} ${release().split('-')[0]}`;
}
