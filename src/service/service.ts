import type { MemoryProperties } from '../system/process/memory-scope.ts';

/** What the text of a service is made from. Paths are absolute. */
export interface ServiceFacts {
  /** The program, then its arguments. */
  readonly command: readonly [program: string, ...args: string[]];
  /** What the operator's shell has and a service would not: proxies, the search path, folders that were moved. */
  readonly variables: Readonly<Record<string, string>>;
  /** Folders that the worker writes, which exist. Where the system can, it may write nowhere else. */
  readonly writable: readonly string[];
  /** Whether the system lets a service of this account have a view of the file system of its own. */
  readonly isolated: boolean;
  /** How much RAM the worker, and what it starts in its own name, may take together. */
  readonly memory: MemoryProperties;
  /** How long a stopping worker may take, in seconds. */
  readonly stopSecs: number;
  /** Where what it prints goes, on a system that does not keep it. */
  readonly logPath: string;
  /** The account, as the system's own tools name it. */
  readonly account: string;
  /** A program of the GPU driver that needs more rights than the service has, and is run ahead of it. */
  readonly gpuHelper?: string;
}

/** A command of the system's. A step that may fail is for what may be there, such as an earlier service. */
export interface ServiceStep {
  readonly command: readonly [program: string, ...args: string[]];
  readonly mayFail?: true;
}

/** One system's way to start programs with the machine or at a login. */
export interface ServiceManager {
  readonly name: string;
  /** Where its file is (studio contract: file names of services). */
  readonly path: string;
  /** What the file holds. */
  text(facts: ServiceFacts): string;
  /** How the text is written. */
  readonly encoding: 'utf8' | 'utf16le-with-mark';
  /** From the written file to a service that runs. */
  readonly activate: readonly ServiceStep[];
  /** From a service that may run to none; the file is still there. */
  readonly deactivate: readonly ServiceStep[];
  /** After the file is gone. */
  readonly forget: readonly ServiceStep[];
  /** Prints whether it runs. */
  readonly query: ServiceStep;
  /** What the query answered. */
  state(answer: { readonly code: number; readonly output: string }): ServiceState;
}

/** `registered`: it is known to the system, which does not report whether it runs. */
export type ServiceState = 'running' | 'starting' | 'stopped' | 'failed' | 'registered' | 'not-installed';
