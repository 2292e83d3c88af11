import { Type } from "typebox";

/** The body of every error. */
export const ErrorSchema = Type.Object({
  error: Type.Object({
    code: Type.String(),
    message: Type.String(),
    details: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
  }),
});

export const CollectionParams = Type.Object({ collection: Type.String() });

/** JSON whose shape is not ours to say, such as metadata. */
export const AnyObject = Type.Object({}, { additionalProperties: true });

/** `parseFilter` reads it, so that a fault names its place. */
export const FilterSchema = Type.Unknown({
  description:
    'Keeps documents by their metadata: {"lang": "en", "price": {"$gte": 10, "$lt": 20}}; $eq $ne $gt $gte $lt $lte $in $nin $exists, $and $or $not',
});
