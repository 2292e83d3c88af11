/** A caller is never told to come back at once, nor later than a proxy or a person believes. */
const LEAST_SECONDS = 1;
const MOST_SECONDS = 300;
/** When nothing drains: the time in which an embedder that is started now shows itself. */
const NO_WORKER_SECONDS = 30;
/** Callers that were refused together come back over this part of the time more. */
const SPREAD = 0.25;

/**
 * The seconds after which a refused caller finds room.
 * @param drainSeconds until what is too much has been embedded; infinite when nobody embeds
 * @param random 0 to 1; different for each caller
 */
export function retryAfterSeconds(drainSeconds: number, random: number): number {
  const seconds = Number.isFinite(drainSeconds) ? Math.max(drainSeconds, LEAST_SECONDS) : NO_WORKER_SECONDS;
  return Math.round(Math.min(Math.ceil(seconds) + random * Math.max(1, seconds * SPREAD), MOST_SECONDS));
}
