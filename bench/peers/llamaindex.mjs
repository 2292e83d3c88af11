// LlamaIndexTS: IngestionPipeline into PGVectorStore with HuggingFaceEmbedding, everything at its default.
import { HuggingFaceEmbedding } from "@llamaindex/huggingface";
import { PGVectorStore } from "@llamaindex/postgres";
import { Document, IngestionPipeline } from "llamaindex";
import { answer, readJob } from "./job.mjs";

const { texts, databaseUrl, model, dimensions } = readJob();
const embedModel = new HuggingFaceEmbedding({ modelType: model });
const vectorStore = new PGVectorStore({
  clientConfig: { connectionString: databaseUrl },
  tableName: "peer",
  dimensions,
  embeddingModel: embedModel,
});
await embedModel.getTextEmbedding("The model is loaded before the clock starts.");
const pipeline = new IngestionPipeline({ transformations: [embedModel], vectorStore });
// No metadata: it would become part of the embedded text.
await answer(() => pipeline.run({ documents: texts.map((text) => new Document({ text })) }));
// Its pool stays open.
process.exit(0);
