/** Most documents and characters one job of the embed queue carries: few enough to share out well, enough to make Redis cheap. */
export const JOB_LIMITS = { documents: 32, characters: 64 * 1024 } as const;

/** Job numbers begin anywhere below this, so that those of two processes hardly ever meet. */
export const JOB_NUMBERS = 2 ** 47;
