# Made by npm run client:types from the server's /openapi.json. Not to be edited.
"""Every route of the server as a method, every body and answer as a type."""

from __future__ import annotations

from typing import Any, Iterator, Literal, NotRequired, Protocol, TypedDict, Unpack
from urllib.parse import quote


class HealthAnswer(TypedDict):
    status: str


class ReadyAnswer(TypedDict):
    status: Literal["ready", "not ready"]
    checks: dict[str, str]
    """What was checked: ok, or what is wrong"""


class PushDocumentsAnswerRejected(TypedDict):
    index: int
    """Place in the push, from 0"""
    id: NotRequired[str]
    code: str
    field: str
    """The part of the document that is at fault"""
    message: str


class PushDocumentsAnswer(TypedDict):
    ticket: str
    accepted: int
    unchanged: int
    rejected: list[PushDocumentsAnswerRejected]
    rejectedOmitted: NotRequired[int]
    """Rejections beyond the listed ones"""


class PushDocumentsBodySection(TypedDict):
    """No chunk crosses a section's start"""

    start: int
    """UTF-16 offset in the text, behind that of the section before"""
    context: NotRequired[str]
    """such as a path of headings: encoded before each chunk of the section, and no part of its text"""


class PushDocumentsBodyChunk(TypedDict):
    start: int
    end: int
    embedding: list[float] | str
    """Only where the collection's model is 'none': numbers, or the base64 of 32-bit little-endian floats"""


class PushDocumentsBody(TypedDict):
    id: str
    """No NUL, no half of a surrogate pair"""
    text: str
    """Not only white space"""
    title: NotRequired[str | None]
    metadata: NotRequired[dict[str, Any] | None]
    priority: NotRequired[int]
    sections: NotRequired[list[PushDocumentsBodySection] | None]
    embedding: NotRequired[list[float] | str]
    """Only where the collection's model is 'none': numbers, or the base64 of 32-bit little-endian floats"""
    chunks: NotRequired[list[PushDocumentsBodyChunk]]


class PushDocumentsBody2(TypedDict):
    documents: list[PushDocumentsBody]


class GetDocumentAnswerSection(TypedDict):
    start: int
    context: NotRequired[str]


class GetDocumentAnswerError(TypedDict):
    code: str
    message: str


class GetDocumentAnswerChunkUnit(TypedDict):
    text: str
    start: int
    """UTF-16 offset into the document's text"""
    end: int
    pieces: int
    """tokens of the model in it"""
    vector: list[float]
    """contextual, not normalised, as far as its storage is exact"""


class GetDocumentAnswerChunk(TypedDict):
    ordinal: int
    start: int
    end: int
    tokens: int
    text: str
    embedding: NotRequired[list[float]]
    units: NotRequired[list[GetDocumentAnswerChunkUnit]]


class GetDocumentAnswer(TypedDict):
    id: str
    title: str | None
    text: str
    sections: NotRequired[list[GetDocumentAnswerSection]]
    """as they were pushed; left out where there are none"""
    metadata: dict[str, Any]
    state: Literal["queued", "embedding", "stored", "failed"]
    version: int
    attempts: int
    error: NotRequired[GetDocumentAnswerError]
    storedAt: str | None
    chunks: NotRequired[list[GetDocumentAnswerChunk]]


class DeleteDocumentAnswer(TypedDict):
    deleted: int


class DeleteDocumentsBody(TypedDict):
    ids: NotRequired[list[str]]
    filter: NotRequired[Any]
    """Keeps documents by their metadata: {'lang': 'en', 'price': {'$gte': 10, '$lt': 20}}; $eq $ne $gt $gte $lt $lte $in $nin $exists, $and $or $not"""


class PostV1CollectionsCollectionImportAnswer(TypedDict):
    ticket: str
    accepted: int
    unchanged: int
    rejected: list[PushDocumentsAnswerRejected]
    rejectedOmitted: NotRequired[int]
    """Rejections beyond the listed ones"""
    vectors: Literal["stored", "queued"]
    """queued: those of the stream were left out, and the encoder makes others"""
    complete: bool
    """false: the stream ended without an export's last line"""


class GetTicketAnswerFailure(TypedDict):
    id: str
    code: str
    message: str


class GetTicketAnswer(TypedDict):
    total: int
    stored: int
    failed: int
    pending: int
    deleted: int
    """Deleted after they were pushed: neither stored nor waited for"""
    tokens: int
    """Tokens of the stored ones"""
    failures: list[GetTicketAnswerFailure]
    """The first of the failed ones"""


class GetCollectionAnswerChunking(TypedDict):
    maxTokens: int
    overlapTokens: int
    strategy: str


class GetCollectionAnswerSparse(TypedDict):
    model: str
    dimensions: int


class GetCollectionAnswerIndexBuilt(TypedDict):
    kind: Literal["vector", "text", "metadata"]
    name: str
    state: Literal["building", "ready", "invalid"]
    progress: NotRequired[float]
    """0 to 1, while it is built"""
    bytes: int


class GetCollectionAnswerIndexMeasuredGraph(TypedDict):
    efSearch: int
    """hnsw.ef_search of a search for ten"""
    recall: float
    """Share of the exact answer that it finds"""
    ms: float
    """Its median in Postgres"""
    reaches: bool
    """false: the deepest search finds less than was asked for"""


class GetCollectionAnswerIndexMeasured(TypedDict):
    """Searches for stored vectors, measured now and then; what ef_search is set from"""

    at: str
    chunks: int
    """How many there were"""
    exactMs: float
    """Median of an exact search in Postgres"""
    graph: NotRequired[GetCollectionAnswerIndexMeasuredGraph]


class GetCollectionAnswerIndex(TypedDict):
    vector: str
    precision: str
    recall: float
    text: str
    metadata: bool | list[str]
    built: list[GetCollectionAnswerIndexBuilt]
    measured: NotRequired[GetCollectionAnswerIndexMeasured]
    """Searches for stored vectors, measured now and then; what ef_search is set from"""


class GetCollectionAnswerDocuments(TypedDict):
    total: int
    queued: int
    embedding: int
    stored: int
    failed: int


class GetCollectionAnswer(TypedDict):
    name: str
    model: str
    dimensions: int
    chunking: GetCollectionAnswerChunking
    lateChunking: bool
    tokenVectors: str
    tokenPooling: int
    sparse: GetCollectionAnswerSparse | None
    language: str | None
    aliases: list[str]
    index: GetCollectionAnswerIndex
    generation: int
    createdAt: str
    documents: GetCollectionAnswerDocuments
    chunks: int
    coverage: float
    oldestPendingAgeSeconds: float | None
    backlogSeconds: float | None


class PutCollectionBodyChunking(TypedDict):
    maxTokens: NotRequired[int]
    overlapTokens: NotRequired[int]
    strategy: NotRequired[Literal["sentence", "token"]]


class PutCollectionBodySparse(TypedDict):
    model: str


class PutCollectionBodyIndex(TypedDict):
    vector: NotRequired[Literal["auto", "exact", "hnsw"]]
    """auto: exact while that is fast, an HNSW graph when it pays; exact: never a graph; hnsw: always one"""
    precision: NotRequired[Literal["full", "half", "bit"]]
    """How the graph holds vectors; what it finds is ranked by the full ones"""
    recall: NotRequired[float]
    """Share of the exact answer's ten nearest that a search through the graph is to find"""
    text: NotRequired[Literal["auto", "none", "gin"]]
    metadata: NotRequired[bool | list[str]]
    """true: an index for equality; fields: for each an index for ranges as well"""


class PutCollectionBody(TypedDict):
    model: NotRequired[str]
    """'none': vectors come with the documents"""
    dimensions: NotRequired[int]
    """Only with model 'none'"""
    chunking: NotRequired[PutCollectionBodyChunking]
    language: NotRequired[str]
    lateChunking: NotRequired[bool]
    tokenVectors: NotRequired[Literal["none", "int8", "half"]]
    tokenPooling: NotRequired[Literal[1, 2, 3]]
    sparse: NotRequired[PutCollectionBodySparse | None]
    """A SPLADE model beside the other: chunks get its weights, for searches of mode sparse. null: none"""
    index: NotRequired[PutCollectionBodyIndex]


class DeleteCollectionAnswer(TypedDict):
    deleted: str


class ListCollectionsAnswer(TypedDict):
    collections: list[GetCollectionAnswer]


class PutV1AliasesAliasAnswer(TypedDict):
    name: str
    collection: str
    createdAt: str
    changedAt: str
    """When it came to stand for this collection"""


class PutV1AliasesAliasBody(TypedDict):
    collection: str


class GetV1AliasesAnswer(TypedDict):
    aliases: list[PutV1AliasesAliasAnswer]


class StartMigrationAnswerSettings(TypedDict):
    model: str
    dimensions: int
    chunking: GetCollectionAnswerChunking
    tokenVectors: str
    tokenPooling: int
    lateChunking: bool
    sparse: GetCollectionAnswerSparse | None
    language: str | None


class StartMigrationAnswerDocuments(TypedDict):
    """In the generation that is not live"""

    total: int
    done: int
    failed: int
    pending: int


class StartMigrationAnswerOverlap(TypedDict):
    at: int
    queries: int
    mean: float
    least: float
    measuredAt: str


StartMigrationAnswer = TypedDict(
    "StartMigrationAnswer",
    {
        # Number of the generation that was live at the start
        "from": int,
        # Number of the new one
        "to": int,
        "settings": StartMigrationAnswerSettings,
        # ready: nothing is pending, it may be cut over; live: the new generation answers searches
        "state": Literal["building", "ready", "live", "rolled_back"],
        # rechunk: from stored token vectors, without the encoder
        "method": Literal["reembed", "rechunk"],
        # In the generation that is not live
        "documents": StartMigrationAnswerDocuments,
        # null: not known yet, or not being built
        "etaSeconds": float | None,
        # Share of the nearest documents that are the same in both generations, by questions made of documents
        "overlap": StartMigrationAnswerOverlap | None,
        # Why there is no overlap: "building" and "measuring" pass, anything else is a sentence
        "overlapReason": str | None,
        # The first of the failed ones
        "failures": list[GetTicketAnswerFailure],
        "startedAt": str,
        "cutoverAt": str | None,
    },
)


class StartMigrationBody(TypedDict):
    model: NotRequired[str]
    chunking: NotRequired[PutCollectionBodyChunking]
    language: NotRequired[str]
    lateChunking: NotRequired[bool]
    tokenVectors: NotRequired[Literal["none", "int8", "half"]]
    tokenPooling: NotRequired[Literal[1, 2, 3]]
    sparse: NotRequired[PutCollectionBodySparse | None]
    """A SPLADE model beside the other: chunks get its weights, for searches of mode sparse. null: none"""


class EndMigrationAnswer(TypedDict):
    dropped: int
    live: int


class CutOverMigrationBody(TypedDict):
    force: NotRequired[bool]
    """Also with documents that failed in the new one"""


class ListFailuresAnswerFailure(TypedDict):
    collection: str
    id: str
    version: int
    attempts: int
    error: GetDocumentAnswerError
    failedAt: str


class ListFailuresAnswer(TypedDict):
    failures: list[ListFailuresAnswerFailure]
    total: int
    """Failures chosen, on all pages; 10000 stands for as many or more"""
    next: str | None
    """The `after` of the next page; null: this is the last"""


class RedriveFailuresAnswer(TypedDict):
    redriven: int


class RedriveFailuresBody(TypedDict):
    collection: NotRequired[str]
    code: NotRequired[str]
    """An error code, such as encode_failed"""
    since: NotRequired[str]
    """Failed at this time or later: ISO 8601"""
    until: NotRequired[str]
    """Failed before this time: ISO 8601"""
    ids: NotRequired[list[str]]


class SearchAnswerHitRanks(TypedDict):
    """In hybrid mode: its places in the two lists, from 1"""

    vector: NotRequired[int]
    lexical: NotRequired[int]


class SearchAnswerHitChunk(TypedDict):
    ordinal: int
    start: int
    end: int
    text: str


class SearchAnswerHitSnippet(TypedDict):
    """With snippets: the part of the chunk that holds most of the query's words, at most 240 characters"""

    text: str
    start: int
    """In the document's text, in UTF-16 units"""
    end: int
    marks: list[list[int]]
    """[start, end) of the query's words, in the document's text"""


class SearchAnswerHitExplainTokenMatch(TypedDict):
    start: int
    end: int
    text: str


class SearchAnswerHitExplainToken(TypedDict):
    text: str
    """of the query; special tokens as the vocabulary writes them"""
    start: int
    """UTF-16 offset in the query"""
    end: int
    special: bool
    similarity: float | None
    """cosine of the two words' vectors"""
    part: float
    """what of the hit's score is this entry's; all of them add up to it, with rerank cross to vectorScore"""
    share: float
    """0 to 1: its part of the positive parts of words and signs; special ones 0, unless the model compares them too"""
    match: SearchAnswerHitExplainTokenMatch | None
    """the nearest word of the chunk, with offsets in the document"""


class SearchAnswerHitExplain(TypedDict):
    """For each word, sign and special token of the query what it found in the chunk"""

    tokens: list[SearchAnswerHitExplainToken]


class SearchAnswerHitSense(TypedDict):
    word: str
    """As it is written there"""
    start: int
    """Of the word in the document's text, in UTF-16 units"""
    end: int
    similarity: float
    """Cosine of the contextual vectors; the score is that after the mean of the word's uses is taken off both"""
    sentence: SearchAnswerHitExplainTokenMatch


class SearchAnswerHit(TypedDict):
    id: str
    collection: NotRequired[str]
    """With collections: the one that holds it"""
    score: float
    """Cosine; in lexical mode BM25; in hybrid mode the sum of 1 / (60 + rank) over both lists; in sparse mode the inner product of the weights; with rerank its own, for cross 0 to 1"""
    ranks: NotRequired[SearchAnswerHitRanks]
    """In hybrid mode: its places in the two lists, from 1"""
    vectorScore: NotRequired[float]
    """With rerank: the score that the hit was found by"""
    title: str | None
    chunk: SearchAnswerHitChunk
    metadata: dict[str, Any]
    snippet: NotRequired[SearchAnswerHitSnippet]
    """With snippets: the part of the chunk that holds most of the query's words, at most 240 characters"""
    explain: NotRequired[SearchAnswerHitExplain]
    """For each word, sign and special token of the query what it found in the chunk"""
    sense: NotRequired[SearchAnswerHitSense]


class SearchAnswerSense(TypedDict):
    compared: int
    """Places that were compared with the word"""
    truncated: bool
    """True when there are more places than were compared"""


class SearchAnswerTiming(TypedDict):
    encodeMs: float
    searchMs: float
    lexicalMs: NotRequired[float]
    """The statements of a search by words, beside searchMs"""
    rerankMs: NotRequired[float]
    explainMs: NotRequired[float]
    totalMs: float


class SearchAnswer(TypedDict):
    hits: list[SearchAnswerHit]
    next: NotRequired[str]
    """There are more hits: give it as page of the same search"""
    explained: NotRequired[int]
    """With explain: how many of the hits are"""
    sense: NotRequired[SearchAnswerSense]
    timing: SearchAnswerTiming


class SearchBodySense(TypedDict):
    text: str
    """A sentence with the word in the sense that is looked for"""
    word: NotRequired[str]
    """The word, in any form; its first place in the text is meant. Exactly one of word and span"""
    span: NotRequired[list[int]]
    """[start, end) of the word in the text, in UTF-16 units"""
    candidates: NotRequired[Literal["word", "meaning"]]
    """word (the default): places of the word in any form; meaning: any word of the chunks nearest to the text"""


class SearchBody(TypedDict):
    query: NotRequired[str]
    vector: NotRequired[list[float]]
    like: NotRequired[str]
    """A document's id: others near to the mean of its chunks' vectors"""
    sense: NotRequired[SearchBodySense]
    k: NotRequired[int]
    group: NotRequired[Literal["document", "chunk"]]
    mode: NotRequired[Literal["vector", "hybrid", "lexical", "sparse"]]
    """vector (the default): by meaning; lexical: by words (BM25); hybrid: both, fused by reciprocal rank; sparse: by the weights of the collection's sparse model. With query only"""
    rerank: NotRequired[Literal["none", "maxsim", "cross"]]
    """maxsim: the nearest candidates, ranked by how well each word of the query is met by a word of theirs; cross: ranked by the model of POLYSEME_RERANK_MODEL, which reads the query and each text together"""
    candidates: NotRequired[int]
    """Hits that rerank works on, at least k; 100 when left out"""
    explain: NotRequired[bool]
    """Says for each word of the query which word of the hit it met; with query only"""
    exact: NotRequired[bool]
    """Every vector is compared, whatever index there is"""
    filter: NotRequired[Any]
    """Keeps documents by their metadata: {'lang': 'en', 'price': {'$gte': 10, '$lt': 20}}; $eq $ne $gt $gte $lt $lte $in $nin $exists, $and $or $not"""
    minScore: NotRequired[float]
    """Hits below it are left out; not with hybrid or rerank"""
    page: NotRequired[str]
    """next of the answer before, with the same search; pages go 1000 hits deep"""
    snippets: NotRequired[bool]
    """Each hit with the best sentences of its chunk, the query's words marked"""
    collections: NotRequired[list[str]]
    """Searched as well; of the same model"""
    after: NotRequired[str]


class SensesAnswerRule(TypedDict):
    """How the number of senses was decided"""

    method: str
    threshold: float
    text: str


class SensesAnswerSenseContext(TypedDict):
    id: str
    """The document's"""
    start: int
    end: int
    word: str
    """As it is written there"""
    sentence: SearchAnswerHitExplainTokenMatch
    ordinal: int
    """Of the chunk"""
    similarity: float
    """Cosine with the sense's centroid"""


class SensesAnswerSenseNeighbour(TypedDict):
    word: str
    similarity: float


class SensesAnswerSense(TypedDict):
    id: int
    """From 0, the largest sense first"""
    size: int
    share: float
    cohesion: float
    """Mean cosine of its uses with their centroid"""
    contexts: list[SensesAnswerSenseContext]
    """The most typical first"""
    neighbours: list[SensesAnswerSenseNeighbour]
    """Other words nearest to the sense"""


class SensesAnswerSimilarity(TypedDict):
    """Mean cosine of two uses: of the same sense, of different senses (null with one sense), and of the word's static vectors"""

    within: float | None
    across: float | None
    static: float | None


class SensesAnswerPoint(TypedDict):
    id: str
    """The document's"""
    start: int
    end: int
    word: str
    """As it is written there"""
    sentence: SearchAnswerHitExplainTokenMatch
    x: float
    y: float
    sense: int


class SensesAnswer(TypedDict):
    word: str
    form: str
    """Under which the word is found, whatever its ending"""
    uses: int
    """Places that were grouped"""
    truncated: bool
    """True when there are more uses than were grouped"""
    rule: SensesAnswerRule
    """How the number of senses was decided"""
    senses: list[SensesAnswerSense]
    similarity: SensesAnswerSimilarity
    """Mean cosine of two uses: of the same sense, of different senses (null with one sense), and of the word's static vectors"""
    points: list[SensesAnswerPoint]
    """The uses on the plane of their largest differences"""


class InspectAnswerToken(TypedDict):
    text: str
    """As the vocabulary writes it"""
    id: int
    start: int
    """UTF-16 offset into the text; special tokens have start = end"""
    end: int
    special: bool


class InspectAnswer(TypedDict):
    model: str
    shape: list[int]
    """[1, tokens, dimensions]"""
    tokens: list[InspectAnswerToken]
    static: list[list[float]]
    """The input table's row of each token, the same in every text"""
    contextual: list[list[float]]
    """The vector of each token in this text"""
    embedding: list[float]
    truncated: bool
    """True when the text had more tokens than the model takes"""


class InspectBody(TypedDict):
    text: str
    model: NotRequired[str]


class EmbeddingsAnswerData(TypedDict):
    object: Literal["embedding"]
    index: int
    embedding: list[float] | str


class EmbeddingsAnswerUsage(TypedDict):
    prompt_tokens: int
    total_tokens: int


class EmbeddingsAnswer(TypedDict):
    object: Literal["list"]
    data: list[EmbeddingsAnswerData]
    model: str
    usage: EmbeddingsAnswerUsage


class EmbeddingsBody(TypedDict):
    input: str | list[str] | list[int] | list[list[int]]
    model: NotRequired[str]
    encoding_format: NotRequired[Literal["float", "base64"]]
    dimensions: NotRequired[int]
    user: NotRequired[str]


class ListModelsAnswerData(TypedDict):
    id: str
    object: Literal["model"]
    created: int
    """When its folder was last changed, in seconds since 1970"""
    owned_by: str


class ListModelsAnswer(TypedDict):
    object: Literal["list"]
    data: list[ListModelsAnswerData]


class TeiInfoAnswerModelTypeEmbedding(TypedDict):
    pooling: str


class TeiInfoAnswerModelType(TypedDict):
    embedding: TeiInfoAnswerModelTypeEmbedding


class TeiInfoAnswer(TypedDict):
    model_id: str
    model_sha: str | None
    model_dtype: str
    model_type: TeiInfoAnswerModelType
    max_concurrent_requests: int
    max_input_length: int
    max_batch_tokens: int
    max_batch_requests: int | None
    max_client_batch_size: int
    auto_truncate: bool
    tokenization_workers: int
    version: str
    """Of polyseme"""
    sha: str | None
    docker_label: str | None


class TeiEmbedBody(TypedDict):
    inputs: str | list[int] | list[str | list[int]]
    truncate: NotRequired[bool | None]
    truncation_direction: NotRequired[Literal["left", "right", "Left", "Right"]]
    prompt_name: NotRequired[str | None]
    normalize: NotRequired[bool]
    dimensions: NotRequired[int | None]


class TeiEmbedAllBody(TypedDict):
    inputs: str | list[int] | list[str | list[int]]
    truncate: NotRequired[bool | None]
    truncation_direction: NotRequired[Literal["left", "right", "Left", "Right"]]
    prompt_name: NotRequired[str | None]


class TeiSimilarityBodyInputs(TypedDict):
    source_sentence: str
    sentences: list[str]


class TeiSimilarityBodyParameters(TypedDict):
    truncate: NotRequired[bool | None]
    truncation_direction: NotRequired[Literal["left", "right", "Left", "Right"]]
    prompt_name: NotRequired[str | None]


class TeiSimilarityBody(TypedDict):
    inputs: TeiSimilarityBodyInputs
    parameters: NotRequired[TeiSimilarityBodyParameters | None]


class TeiTokenizeAnswer(TypedDict):
    id: int
    text: str
    special: bool
    start: int | None
    stop: int | None


class TeiTokenizeBody(TypedDict):
    inputs: str | list[str]
    add_special_tokens: NotRequired[bool]
    prompt_name: NotRequired[str | None]


class TeiDecodeBody(TypedDict):
    ids: list[int] | list[list[int]]
    skip_special_tokens: NotRequired[bool]


class TeiRerankAnswer(TypedDict):
    index: int
    """Place among the texts of the request"""
    score: float
    text: NotRequired[str]


class TeiRerankBody(TypedDict):
    query: str
    texts: list[str]
    raw_scores: NotRequired[bool | None]
    return_text: NotRequired[bool | None]
    truncate: NotRequired[bool | None]
    truncation_direction: NotRequired[Literal["right", "Right"]]


class ListKeysAnswerKey(TypedDict):
    id: str
    """Names the key where it is listed and revoked; it opens nothing"""
    name: str
    role: Literal["read", "write", "admin"]
    collections: list[str] | None
    """null: all of them"""
    ratePerSecond: float | None
    """Requests a second, for each process"""
    createdAt: str
    lastUsedAt: str | None
    """To the minute"""
    revokedAt: str | None


class ListKeysAnswer(TypedDict):
    keys: list[ListKeysAnswerKey]


class CreateKeyAnswer(TypedDict):
    id: str
    """Names the key where it is listed and revoked; it opens nothing"""
    name: str
    role: Literal["read", "write", "admin"]
    collections: list[str] | None
    """null: all of them"""
    ratePerSecond: float | None
    """Requests a second, for each process"""
    createdAt: str
    lastUsedAt: str | None
    """To the minute"""
    revokedAt: str | None
    key: str
    """Shown here and never again"""


class CreateKeyBody(TypedDict):
    name: str
    role: Literal["read", "write", "admin"]
    collections: NotRequired[list[str]]
    ratePerSecond: NotRequired[float]


class Transport(Protocol):
    """How requests are sent; `polyseme.Polyseme` has one."""

    def json(self, method: str, path: str, query: dict[str, Any], body: Any) -> Any: ...

    def text(self, method: str, path: str, query: dict[str, Any], body: Any) -> str: ...

    def events(self, method: str, path: str, query: dict[str, Any], body: Any) -> Iterator[tuple[str, Any]]: ...


class Api:
    """The routes, one method each. All raise `polyseme.PolysemeError`."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def health(self) -> HealthAnswer:
        """Alive."""
        return self._transport.json("GET", '/healthz', {}, None)

    def ready(self) -> ReadyAnswer:
        """Ready to serve."""
        return self._transport.json("GET", '/readyz', {}, None)

    def metrics(self) -> str:
        """Prometheus text."""
        return self._transport.text("GET", '/metrics', {}, None)

    def push_documents(
        self,
        collection: str,
        body: PushDocumentsBody | PushDocumentsBody2,
    ) -> PushDocumentsAnswer:
        """Push documents."""
        return self._transport.json("POST", f'/v1/collections/{quote(collection, safe="")}/documents', {}, body)

    def get_document(
        self,
        collection: str,
        id: str,
        *,
        include: str | None = None,
        chunk: str | None = None,
    ) -> GetDocumentAnswer:
        """A document with its state."""
        return self._transport.json("GET", f'/v1/collections/{quote(collection, safe="")}/documents/{quote(id, safe="")}', {"include": include, "chunk": chunk}, None)

    def delete_document(self, collection: str, id: str) -> DeleteDocumentAnswer:
        """Delete one document with its chunks, also while it is still queued."""
        return self._transport.json("DELETE", f'/v1/collections/{quote(collection, safe="")}/documents/{quote(id, safe="")}', {}, None)

    def delete_documents(self, collection: str, **body: Unpack[DeleteDocumentsBody]) -> DeleteDocumentAnswer:
        """Delete documents by id or by a filter on their metadata, also while they are still queued."""
        return self._transport.json("POST", f'/v1/collections/{quote(collection, safe="")}/documents/delete', {}, body)

    def post_v1_collections_collection_import(
        self,
        collection: str,
        *,
        reembed: str | None = None,
    ) -> PostV1CollectionsCollectionImportAnswer:
        """Take in what an export wrote."""
        return self._transport.json("POST", f'/v1/collections/{quote(collection, safe="")}/import', {"reembed": reembed}, None)

    def get_ticket(self, ticket: str, *, wait: str | None = None) -> GetTicketAnswer:
        """State of a push; with wait, answered as soon as nothing is pending."""
        return self._transport.json("GET", f'/v1/tickets/{quote(ticket, safe="")}', {"wait": wait}, None)

    def watch_ticket(self, ticket: str) -> Iterator[tuple[str, Any]]:
        """The same as server-sent events."""
        return self._transport.events("GET", f'/v1/tickets/{quote(ticket, safe="")}/events', {}, None)

    def get_collection(self, collection: str) -> GetCollectionAnswer:
        """Settings, counts by state, coverage, backlog."""
        return self._transport.json("GET", f'/v1/collections/{quote(collection, safe="")}', {}, None)

    def put_collection(self, collection: str, **body: Unpack[PutCollectionBody]) -> GetCollectionAnswer:
        """Make a collection, or confirm its settings."""
        return self._transport.json("PUT", f'/v1/collections/{quote(collection, safe="")}', {}, body)

    def delete_collection(self, collection: str) -> DeleteCollectionAnswer:
        """Remove a collection with all its documents."""
        return self._transport.json("DELETE", f'/v1/collections/{quote(collection, safe="")}', {}, None)

    def list_collections(self) -> ListCollectionsAnswer:
        """All collections that the key may see."""
        return self._transport.json("GET", '/v1/collections', {}, None)

    def put_v1_aliases_alias(
        self,
        alias: str,
        **body: Unpack[PutV1AliasesAliasBody],
    ) -> PutV1AliasesAliasAnswer:
        """Make an alias, or let it stand for another collection."""
        return self._transport.json("PUT", f'/v1/aliases/{quote(alias, safe="")}', {}, body)

    def delete_v1_aliases_alias(self, alias: str) -> DeleteCollectionAnswer:
        """Remove an alias; its collection stays."""
        return self._transport.json("DELETE", f'/v1/aliases/{quote(alias, safe="")}', {}, None)

    def get_v1_aliases(self) -> GetV1AliasesAnswer:
        """All aliases that the key may use, or whose collection it may."""
        return self._transport.json("GET", '/v1/aliases', {}, None)

    def start_migration(self, collection: str, **body: Unpack[StartMigrationBody]) -> StartMigrationAnswer:
        """Build a new generation with other settings beside the live one."""
        return self._transport.json("POST", f'/v1/collections/{quote(collection, safe="")}/migrate', {}, body)

    def get_migration(self, collection: str) -> StartMigrationAnswer:
        """How far the migration is."""
        return self._transport.json("GET", f'/v1/collections/{quote(collection, safe="")}/migration', {}, None)

    def end_migration(self, collection: str) -> EndMigrationAnswer:
        """End the migration: drop the generation that is not live."""
        return self._transport.json("DELETE", f'/v1/collections/{quote(collection, safe="")}/migration', {}, None)

    def post_v1_collections_collection_migration_overlap(self, collection: str) -> StartMigrationAnswer:
        """Measure anew how far the answers of both generations are the same."""
        return self._transport.json("POST", f'/v1/collections/{quote(collection, safe="")}/migration/overlap', {}, None)

    def cut_over_migration(
        self,
        collection: str,
        **body: Unpack[CutOverMigrationBody],
    ) -> StartMigrationAnswer:
        """Make the new generation the live one."""
        return self._transport.json("POST", f'/v1/collections/{quote(collection, safe="")}/migration/cutover', {}, body)

    def roll_back_migration(self, collection: str) -> StartMigrationAnswer:
        """Make the old generation live again."""
        return self._transport.json("POST", f'/v1/collections/{quote(collection, safe="")}/migration/rollback', {}, None)

    def list_failures(
        self,
        *,
        collection: str | None = None,
        code: str | None = None,
        since: str | None = None,
        until: str | None = None,
        id: str | None = None,
        limit: str | None = None,
        after: str | None = None,
    ) -> ListFailuresAnswer:
        """Failed documents with their errors, the newest failure first."""
        return self._transport.json("GET", '/v1/failures', {"collection": collection, "code": code, "since": since, "until": until, "id": id, "limit": limit, "after": after}, None)

    def redrive_failures(self, **body: Unpack[RedriveFailuresBody]) -> RedriveFailuresAnswer:
        """Try failed documents again, as if they had just been pushed."""
        return self._transport.json("POST", '/v1/failures/redrive', {}, body)

    def search(self, collection: str, **body: Unpack[SearchBody]) -> SearchAnswer:
        """The documents nearest in meaning, or that hold the query's words, each with its best chunk."""
        return self._transport.json("POST", f'/v1/collections/{quote(collection, safe="")}/search', {}, body)

    def senses(self, collection: str, *, word: str, limit: str | None = None) -> SensesAnswer:
        """A word's uses grouped into senses, with typical contexts and neighbours."""
        return self._transport.json("GET", f'/v1/collections/{quote(collection, safe="")}/senses', {"word": word, "limit": limit}, None)

    def inspect(self, **body: Unpack[InspectBody]) -> InspectAnswer:
        """Tokens of a text with their static and contextual vectors."""
        return self._transport.json("POST", '/v1/inspect', {}, body)

    def embeddings(self, **body: Unpack[EmbeddingsBody]) -> EmbeddingsAnswer:
        """Embeddings in OpenAI's shape; texts longer than the model takes are cut."""
        return self._transport.json("POST", '/v1/embeddings', {}, body)

    def list_models(self) -> ListModelsAnswer:
        """The models that lie here, in OpenAI's shape, the default one first."""
        return self._transport.json("GET", '/v1/models', {}, None)

    def get_model(self, model: str) -> ListModelsAnswerData:
        """One model, in OpenAI's shape."""
        return self._transport.json("GET", f'/v1/models/{quote(model, safe="")}', {}, None)

    def tei_info(self) -> TeiInfoAnswer:
        """The default model and the limits."""
        return self._transport.json("GET", '/info', {}, None)

    def tei_health(self) -> str:
        """The encoder answers."""
        return self._transport.json("GET", '/health', {}, None)

    def tei_embed(self, **body: Unpack[TeiEmbedBody]) -> list[list[float]]:
        """Embeddings of the default model."""
        return self._transport.json("POST", '/embed', {}, body)

    def tei_embed_all(self, **body: Unpack[TeiEmbedAllBody]) -> list[list[list[float]]]:
        """The contextual vector of every token, special tokens too."""
        return self._transport.json("POST", '/embed_all', {}, body)

    def tei_similarity(self, **body: Unpack[TeiSimilarityBody]) -> list[float]:
        """Cosine of a sentence with each of others."""
        return self._transport.json("POST", '/similarity', {}, body)

    def tei_tokenize(self, **body: Unpack[TeiTokenizeBody]) -> list[list[TeiTokenizeAnswer]]:
        """All tokens of texts, whatever the model's limit."""
        return self._transport.json("POST", '/tokenize', {}, body)

    def tei_decode(self, **body: Unpack[TeiDecodeBody]) -> list[str]:
        """Texts of token ids."""
        return self._transport.json("POST", '/decode', {}, body)

    def tei_rerank(self, **body: Unpack[TeiRerankBody]) -> list[TeiRerankAnswer]:
        """Texts by how well they fit a query, as the model of POLYSEME_RERANK_MODEL says."""
        return self._transport.json("POST", '/rerank', {}, body)

    def list_keys(self) -> ListKeysAnswer:
        """All API keys, without their secrets."""
        return self._transport.json("GET", '/v1/keys', {}, None)

    def create_key(self, **body: Unpack[CreateKeyBody]) -> CreateKeyAnswer:
        """Make an API key; its secret is in this answer and nowhere else."""
        return self._transport.json("POST", '/v1/keys', {}, body)

    def revoke_key(self, id: str) -> ListKeysAnswerKey:
        """Revoke an API key: within seconds no process knows it any more."""
        return self._transport.json("DELETE", f'/v1/keys/{quote(id, safe="")}', {}, None)
