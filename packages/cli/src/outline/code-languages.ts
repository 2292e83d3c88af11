import type { LRParser } from "@lezer/lr";
import type { LanguageName } from "./formats.ts";

/** How a kind of node is a part of its own. */
export interface Definition {
  /** Before its name in a context, such as `class`; empty: the name says enough. */
  readonly word: string;
  /** The children that may be its name; the first one there counts, and what is within it. */
  readonly names: readonly string[];
  /** Children in which further parts stand under it. */
  readonly bodies?: readonly string[];
  /** It is one only with a child of these. */
  readonly having?: readonly string[];
  /** Its name is all that stands before its body. */
  readonly isHead?: boolean;
}

export interface Language {
  readonly parser: LRParser;
  readonly definitions: Readonly<Record<string, Definition>>;
  /** Nodes around a definition that belong to it, such as `export` and decorators. */
  readonly wrappers: readonly string[];
  /** Nodes whose children count as their parent's. */
  readonly open: readonly string[];
}

/** Loads a language's parser. */
export async function loadLanguage(name: LanguageName): Promise<Language> {
  switch (name) {
    case "javascript":
    case "jsx":
    case "typescript":
    case "tsx": {
      const { parser } = await import("@lezer/javascript");
      const dialect = { javascript: "jsx", jsx: "jsx", typescript: "ts", tsx: "ts jsx" }[name];
      return { parser: parser.configure({ dialect }), ...JAVASCRIPT };
    }
    case "python":
      return { parser: (await import("@lezer/python")).parser, ...PYTHON };
    case "java":
      return { parser: (await import("@lezer/java")).parser, ...JAVA };
    case "cpp":
      return { parser: (await import("@lezer/cpp")).parser, ...CPP };
    case "rust":
      return { parser: (await import("@lezer/rust")).parser, ...RUST };
    case "go":
      return { parser: (await import("@lezer/go")).parser, ...GO };
    case "php":
      return { parser: (await import("@lezer/php")).parser, ...PHP };
    default:
      throw new Error(`Unknown language ${String(name satisfies never)}`);
  }
}

type Grammar = Omit<Language, "parser">;

const JAVASCRIPT: Grammar = {
  definitions: {
    FunctionDeclaration: { word: "", names: ["VariableDefinition"] },
    VariableDeclaration: {
      word: "",
      names: ["VariableDefinition"],
      having: ["ArrowFunction", "FunctionExpression", "ClassExpression"],
    },
    ClassDeclaration: { word: "class", names: ["VariableDefinition"], bodies: ["ClassBody"] },
    MethodDeclaration: { word: "", names: ["PropertyDefinition", "PrivatePropertyDefinition"] },
    InterfaceDeclaration: { word: "interface", names: ["TypeDefinition"] },
    EnumDeclaration: { word: "enum", names: ["TypeDefinition"] },
    TypeAliasDeclaration: { word: "type", names: ["TypeDefinition"] },
    NamespaceDeclaration: { word: "namespace", names: ["VariableDefinition"], bodies: ["Block"] },
  },
  wrappers: ["ExportDeclaration", "AmbientDeclaration"],
  open: [],
};

const PYTHON: Grammar = {
  definitions: {
    FunctionDefinition: { word: "", names: ["VariableName"] },
    ClassDefinition: { word: "class", names: ["VariableName"], bodies: ["Body"] },
  },
  wrappers: ["DecoratedStatement"],
  open: [],
};

const JAVA: Grammar = {
  definitions: {
    ClassDeclaration: { word: "class", names: ["Definition"], bodies: ["ClassBody"] },
    InterfaceDeclaration: { word: "interface", names: ["Definition"], bodies: ["InterfaceBody"] },
    RecordDeclaration: { word: "record", names: ["Definition"], bodies: ["RecordBody"] },
    EnumDeclaration: { word: "enum", names: ["Definition"], bodies: ["EnumBody"] },
    AnnotationTypeDeclaration: { word: "@interface", names: ["Definition"] },
    MethodDeclaration: { word: "", names: ["Definition"] },
    ConstructorDeclaration: { word: "", names: ["Definition"] },
  },
  wrappers: [],
  open: ["EnumBodyDeclarations"],
};

const CPP: Grammar = {
  definitions: {
    FunctionDefinition: {
      word: "",
      names: ["FunctionDeclarator", "PointerDeclarator", "ReferenceDeclarator"],
    },
    ClassSpecifier: {
      word: "class",
      names: ["TypeIdentifier", "ScopedTypeIdentifier"],
      bodies: ["FieldDeclarationList"],
    },
    StructSpecifier: {
      word: "struct",
      names: ["TypeIdentifier", "ScopedTypeIdentifier"],
      bodies: ["FieldDeclarationList"],
    },
    UnionSpecifier: { word: "union", names: ["TypeIdentifier"] },
    EnumSpecifier: { word: "enum", names: ["TypeIdentifier"] },
    NamespaceDefinition: {
      word: "namespace",
      names: ["Identifier", "NamespaceIdentifier"],
      bodies: ["CompoundStatement"],
    },
  },
  wrappers: ["TemplateDeclaration"],
  open: ["LinkageSpecification", "DeclarationList"],
};

const RUST: Grammar = {
  definitions: {
    FunctionItem: { word: "", names: ["BoundIdentifier"] },
    StructItem: { word: "struct", names: ["TypeIdentifier"] },
    UnionItem: { word: "union", names: ["TypeIdentifier"] },
    EnumItem: { word: "enum", names: ["TypeIdentifier"] },
    TraitItem: { word: "trait", names: ["TypeIdentifier"], bodies: ["DeclarationList"] },
    ImplItem: { word: "", names: [], bodies: ["DeclarationList"], isHead: true },
    ModItem: { word: "mod", names: ["BoundIdentifier"], bodies: ["DeclarationList"] },
    MacroDefinition: { word: "macro", names: ["Identifier"] },
  },
  wrappers: ["AttributeItem"],
  open: [],
};

const GO: Grammar = {
  definitions: {
    FunctionDecl: { word: "", names: ["DefName"] },
    MethodDecl: { word: "", names: ["FieldName"] },
    TypeDecl: { word: "type", names: ["TypeSpec"] },
  },
  wrappers: [],
  open: [],
};

const PHP: Grammar = {
  definitions: {
    FunctionDefinition: { word: "", names: ["Name"] },
    ClassDeclaration: { word: "class", names: ["Name"], bodies: ["DeclarationList"] },
    InterfaceDeclaration: { word: "interface", names: ["Name"], bodies: ["DeclarationList"] },
    TraitDeclaration: { word: "trait", names: ["Name"], bodies: ["DeclarationList"] },
    EnumDeclaration: { word: "enum", names: ["Name"], bodies: ["EnumBody"] },
    MethodDeclaration: { word: "", names: ["Name"] },
  },
  wrappers: [],
  open: [],
};
