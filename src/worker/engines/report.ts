/** One engine of this release, as the operator sees it. */
export interface EngineReport {
  readonly engine: string;
  readonly ready: boolean;
  /** What its models would run on now; of an engine that can use a GPU. */
  readonly runsOn?: string;
  /** Why that is the CPU although there is a GPU, and what helps. */
  readonly onCpu?: { readonly because: string; readonly hint: string };
  /** Binaries for GPUs that are fetched when they are needed, and where each of them stands. */
  readonly packs?: readonly { readonly pack: string; readonly state: string }[];
  /** What it lacks, and how to fix it; both only while it is not ready. */
  readonly because?: string;
  readonly hint?: string;
  readonly kinds: readonly string[];
  /** The model names it offers to the studio once it is ready. */
  readonly models: readonly string[];
}
