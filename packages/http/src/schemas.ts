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
