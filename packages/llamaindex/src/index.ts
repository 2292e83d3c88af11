export { PolysemeEmbedding, type PolysemeEmbeddingFields } from "./embedding.ts";
export { PolysemeVectorStore, type PolysemeStoreFields } from "./vector-store.ts";
