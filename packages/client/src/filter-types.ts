/** What metadata hold and are compared with: of the same type alone. A list in the metadata matches by one of its elements. */
export type FilterValue = string | number | boolean | null;

/** What is asked of one field; several conditions must all hold. */
export interface FieldFilter {
  readonly $eq?: FilterValue;
  /** Also where the field is missing. */
  readonly $ne?: FilterValue;
  readonly $gt?: string | number;
  readonly $gte?: string | number;
  readonly $lt?: string | number;
  readonly $lte?: string | number;
  readonly $in?: readonly FilterValue[];
  /** Also where the field is missing. */
  readonly $nin?: readonly FilterValue[];
  readonly $exists?: boolean;
  readonly $not?: FieldFilter;
}

/** Keeps documents by their metadata; `a.b` is the field `b` in `a`, and several fields must all match. */
export interface Filter {
  readonly $and?: readonly Filter[];
  readonly $or?: readonly Filter[];
  readonly $not?: Filter;
  readonly [field: string]: FilterValue | FieldFilter | Filter | readonly Filter[] | undefined;
}
