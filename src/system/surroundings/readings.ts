/** What this machine does not tell, and why. */
export interface UnknownReading {
  readonly is: 'unknown';
  readonly because: string;
}

/** What this machine runs on. `source` is what said so. */
export type PowerReading = { readonly is: 'mains' | 'battery'; readonly source: string } | UnknownReading;

/** The names of the programs that run, as the system has them: with their ending, without their folder. */
export type ProgramsReading = { readonly is: 'known'; readonly names: readonly string[] } | UnknownReading;

/** Whether the program in front fills the screen; `program` is its name, where the system tells it. */
export type FullScreenReading =
  { readonly is: 'full-screen' | 'windowed'; readonly source: string; readonly program?: string } | UnknownReading;

/** What happens on this machine beside the worker. */
export interface Surroundings {
  readonly power: () => Promise<PowerReading>;
  readonly programs: () => Promise<ProgramsReading>;
  readonly fullScreen: () => Promise<FullScreenReading>;
}
