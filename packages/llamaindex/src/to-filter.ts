import type { Filter } from "@polyseme/client";
import type { MetadataFilter, MetadataFilters } from "@llamaindex/core/vector-store";

/**
 * LlamaIndex's filters in polyseme's language.
 * @returns undefined when there is none
 * @throws Error for an operator that has no counterpart
 */
export function toFilter(filters: MetadataFilters | undefined): Filter | undefined {
  const all = (filters?.filters ?? []).map(toCondition);
  if (all.length < 2) return all[0];
  return filters?.condition === "or" ? { $or: all } : { $and: all };
}

function toCondition({ key, operator, value }: MetadataFilter): Filter {
  // Values of another type than the operator's are for the server to refuse. A list in the metadata matches by one of its
  // elements, so that any is in and contains is equality.
  const is = (condition: Readonly<Record<string, unknown>>): Filter => ({ [key]: condition });
  switch (operator) {
    case "==":
    case "contains":
      return is({ $eq: value });
    case "!=":
      return is({ $ne: value });
    case ">":
      return is({ $gt: value });
    case ">=":
      return is({ $gte: value });
    case "<":
      return is({ $lt: value });
    case "<=":
      return is({ $lte: value });
    case "in":
    case "any":
      return is({ $in: value });
    case "nin":
      return is({ $nin: value });
    case "all":
      return { $and: (Array.isArray(value) ? value : [value]).map((one) => is({ $eq: one })) };
    case "is_empty":
      return { $or: [is({ $exists: false }), is({ $eq: null })] };
    case "text_match":
      throw new Error(
        `polyseme has no text_match on metadata (${key}); search with mode "hybrid" for words of the text.`,
      );
    default:
      return operator satisfies never;
  }
}
