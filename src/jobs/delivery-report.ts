/**
 * What came of an outcome. Only `delivered` says that whoever asked has the result. After `sent` and `kept` a
 * `FinalReport` of the same job follows, unless this process ends first.
 */
export type DeliveryReport =
  | FinalReport
  /** The outcome was a failure, and it was reported. */
  | { readonly is: 'reported' }
  /** The result is on its way, and not acknowledged yet. */
  | { readonly is: 'sent' }
  /** On disk, to be retried in the background. The job may have been reported as failed meanwhile. */
  | { readonly is: 'kept'; readonly because: string };

/** How the delivery of a result ended for good. */
export type FinalReport =
  /** They have the result: they confirmed an upload, or acknowledged a frame. */
  | { readonly is: 'delivered' }
  /** They do not want it, or can never get it. Also of a failure that could not be reported. */
  | { readonly is: 'discarded'; readonly because: string };
