"""Elaborates a core with slang: the ports of one configuration, its parameters, and what is wrong with its sources."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ulpwise.toolchain.yosys import Parameters, literal
from ulpwise.verilog import parse, sources
from ulpwise.verilog.given import NONE, Given

if TYPE_CHECKING:
    import pyslang
    from pyslang import ast

_LIMIT = 1 << 30  # cores may be larger than slang thinks usual: weights and programs are parameters
# slang names what it lets one turn off, which is left to the simulators, but for what Icarus takes the default for
_GRAVE = {"undefined-param-override"}
_DIRECTIONS = {"In": "input", "Out": "output"}


@dataclass(frozen=True)
class Port:
    """A port of the core: name, `input`, `output` or `inout`, width in bits, and where it is declared, `file:line`."""

    name: str
    direction: str
    width: int
    place: str


@dataclass(frozen=True)
class Parameter:
    """A parameter: name, whether it is local, its value (None unless it is an integer), where it is declared.

    A string's value is that of its bytes; `text` says that its default is a string and its type not another.
    """

    name: str
    local: bool
    value: int | None
    place: str
    text: bool = False


@dataclass(frozen=True)
class Design:
    """A core with given parameters.

    Attributes:
        root: Top of the project.
        place: Where the module is declared, `file:line`.
        ports: Its ports by name.
        parameters: Its parameters by name, local ones included.
        files: The sources that it needs, children before parents, itself last.
        includes: What these include.
        lists: Lists that name sources.
        named: Memory files that it reads, as it names them.
        broken: Faults of the sources whatever the parameters, `file:line: what`.
        refused: Faults with these parameters, such as a guard that is not met, or a module that does not exist; and
            ports that no harness has.
    """

    root: Path
    place: str
    ports: Mapping[str, Port]
    parameters: Mapping[str, Parameter]
    files: tuple[Path, ...]
    includes: tuple[Path, ...]
    lists: tuple[Path, ...]
    named: tuple[str, ...]
    broken: tuple[str, ...]
    refused: tuple[str, ...]

    @property
    def read(self) -> list[Path]:
        """All files whose contents shape a run: sources, includes, memory files."""
        return [*self.files, *self.includes, *self.lists, *self.memories.values()]

    @property
    def memories(self) -> dict[str, Path]:
        """The memory files that exist, by name: where a simulator finds them from its folder, else beside a source."""
        run = self.root / "build" / "runs" / "run"  # as deep as the folder of any run
        places = [run, *dict.fromkeys(path.parent for path in reversed(self.files)), self.root]
        found = {}
        for name in self.named:
            path = next((place / name for place in places if (place / name).is_file()), None)
            if path is not None:
                found[name] = path
        return found


_designs: dict[tuple[str, Path, tuple[tuple[str, int | str], ...], tuple[str, ...], Given], tuple[str, Design]] = {}


def elaborate(top: str, root: Path, parameters: Parameters, macros: Sequence[str] = (), given: Given = NONE) -> Design:
    """Elaborate a module of rtl/; done once a process for each content of the files.

    Args:
        top: The module.
        root: Top of the project.
        parameters: Values of parameters; names that the module does not have are passed over.
        macros: What a simulator defines, `name=value`. They count where the module's ports or parameters depend on
            them: guards that cannot speak under that simulator then still say what they say under others.
        given: What the bench names itself.

    Raises:
        UnknownModuleError: rtl/ has no such module.
        DuplicateModuleError: A name is not unique.
        SourceError: A source is in no encoding that all tools read.
    """
    files = sources.closure(top, root, given)
    includes = sources.includes(files, root, given)
    contents = parse.hashed([*files, *includes, *given.lists], root)
    key = (top, root, tuple(sorted(parameters.items())), tuple(macros), given)
    if key not in _designs or _designs[key][0] != contents:
        if macros and _heading(top, root, files, macros, given) == _heading(top, root, files, (), given):
            design = elaborate(top, root, parameters, (), given)
        else:
            design = _Elaboration(top, root, files, includes, given).design(parameters, macros)
        _designs[key] = (contents, design)
    return _designs[key][1]


def _heading(top: str, root: Path, files: Sequence[Path], macros: Sequence[str], given: Given) -> list[str]:
    """Return the words that declare the ports and parameters of a module, macros expanded; none where none decides."""
    from pyslang import parsing, syntax  # noqa: PLC0415 (slow to import)

    folders = sources.folders(root, given)
    if not any(given.scan(path, root, folders).conditional for path in files):
        return []
    kinds = syntax.SyntaxKind
    wanted = {kinds.PortDeclaration, kinds.ParameterDeclarationStatement}
    words: list[str] = []

    def word(node: Any) -> None:  # noqa: ANN401 (slang's own)
        if isinstance(node, parsing.Token):
            words.append(node.valueText)

    def module(node: Any) -> None:  # noqa: ANN401 (slang's own)
        if node.header.name.valueText == top:
            for part in (node.header, *(each for each in node.members if each.kind in wanted)):
                part.visit(word)

    unit = parse.unit(files, parse.manager(folders), parse.preprocessor([*given.defines, *macros]))
    unit.root.visit(lookup_table={kinds.ModuleDeclaration: module})
    return words


def _text(symbol: Any) -> bool:  # noqa: ANN401 (slang's own)
    """Tell whether a parameter is declared as a string: by its type, or without one by its default."""
    from pyslang import syntax  # noqa: PLC0415 (slow to import)

    declared: Any = getattr(symbol, "syntax", None)
    default = getattr(getattr(declared, "initializer", None), "expr", None)
    if declared is None or default is None or default.kind != syntax.SyntaxKind.StringLiteralExpression:
        return str(getattr(symbol, "type", "")) == "string"
    return str(declared.parent.type).strip() in {"", "string"}


class _Elaboration:
    """One use of slang."""

    def __init__(self, top: str, root: Path, files: list[Path], includes: list[Path], given: Given) -> None:
        self.top, self.root, self.files, self.includes, self.given = top, root, files, includes, given
        self.folders = sources.folders(root, given)
        self.manager = parse.manager(self.folders)

    def design(self, parameters: Parameters, macros: Sequence[str] = ()) -> Design:
        """Elaborate, and read all that is wanted; slang's own objects end here."""
        import pyslang  # noqa: PLC0415 (slow to import)
        from pyslang import ast  # noqa: PLC0415 (slow to import)

        options = self._options(parameters)
        tree = parse.unit(self.files, self.manager, parse.preprocessor([*self.given.defines, *macros]), options)
        compilation = ast.Compilation(pyslang.Bag([options]))
        compilation.addSyntaxTree(tree)
        engine = pyslang.DiagnosticEngine(self.manager)
        broken = self._faults(engine, tree.diagnostics)
        refused = [] if broken else self._faults(engine, compilation.getSemanticDiagnostics())
        bodies = [each.body for each in compilation.getRoot().topInstances]
        if not bodies:
            place = f"{parse.relative(self.files[-1], self.root)}:1"
            broken = broken or self._open(tree, parameters) or [f"{place}: holds no module {self.top}"]
            refused = []
        else:
            place = self._place(bodies[0].definition.location)
        ports = [each for body in bodies for each in body.portList]
        strange = {} if broken else {each.name: self._strange(each) for each in ports}
        refused += filter(None, strange.values())
        return Design(
            root=self.root,
            place=place,
            ports={each.name: self._port(each) for each in ports if hasattr(each, "direction")},
            parameters={each.name: self._parameter(each) for body in bodies for each in body.parameters},
            files=tuple(self.files),
            includes=tuple(self.includes),
            lists=self.given.lists,
            named=() if broken else tuple(name for body in bodies for name in self._memories(body)),
            broken=tuple(broken),
            refused=tuple(refused),
        )

    def _options(self, parameters: Parameters) -> ast.CompilationOptions:
        import pyslang  # noqa: PLC0415 (slow to import)
        from pyslang import ast  # noqa: PLC0415 (slow to import)

        flags = ast.CompilationOptions()
        flags.topModules = {self.top}
        flags.paramOverrides = [f"{name}={literal(value)}" for name, value in parameters.items()]
        flags.defaultTimeScale = pyslang.TimeScale.fromString("1ns/1ps")  # some modules may have one and others none
        for limit in ("maxGenerateSteps", "maxConstexprSteps", "maxInstanceArray", "maxConstantSize"):
            setattr(flags, limit, _LIMIT)
        # what the simulators let pass is no fault here
        flags.flags |= ast.CompilationFlags.AllowUseBeforeDeclare | ast.CompilationFlags.AllowUnnamedGenerate
        return flags

    def _faults(self, engine: pyslang.DiagnosticEngine, diagnostics: Any) -> list[str]:  # noqa: ANN401 (untyped list)
        found = []
        for each in diagnostics:
            name = engine.getOptionName(each.code)
            if name in _GRAVE or (each.isError() and not name):
                text = engine.formatMessage(each).removeprefix("$error encountered: ").removeprefix("Error: ")
                if str(each.code) == "DiagCode(UnknownModule)":
                    text += sources.nearest(str(each.args[0]), sources.modules(self.root))
                found.append(f"{self._place(each.location)}: {text}")
        return list(dict.fromkeys(found))

    def _place(self, location: pyslang.SourceLocation) -> str:
        location = self.manager.getFullyExpandedLoc(location)
        path = Path(self.manager.getFullPath(location.buffer))
        return f"{parse.relative(path, self.root.resolve())}:{self.manager.getLineNumber(location)}"

    def _open(self, tree: Any, parameters: Parameters) -> list[str]:  # noqa: ANN401 (slang's own)
        """Say which parameters of the module have neither a default nor a value, without which it is none to slang."""
        from pyslang import syntax  # noqa: PLC0415 (slow to import)

        found: list[str] = []

        def declared(node: Any) -> None:  # noqa: ANN401 (slang's own)
            for each in getattr(node, "declarators", None) or ():
                default = each.initializer if hasattr(each, "initializer") else each.assignment
                name = each.name.valueText
                if default is None and name not in parameters:
                    place = self._place(each.name.location)
                    found.append(f"{place}: the parameter {name} has no default, and no value is given")

        def module(node: Any) -> None:  # noqa: ANN401 (slang's own)
            if node.header.name.valueText == self.top and node.header.parameters is not None:
                for each in node.header.parameters.declarations:
                    declared(each)

        tree.root.visit(lookup_table={syntax.SyntaxKind.ModuleDeclaration: module})
        return found

    def _strange(self, symbol: Any) -> str:  # noqa: ANN401 (one of four classes)
        """Say why no harness has such a port; empty where one has."""
        if not hasattr(symbol, "direction"):
            return f"{self._place(symbol.location)}: {symbol.name} is an interface port: there is no harness for it"
        if symbol.type.isUnpackedArray:
            return f"{self._place(symbol.location)}: {symbol.name} is an unpacked array: there is no harness for it"
        return ""

    def _port(self, symbol: Any) -> Port:  # noqa: ANN401 (one of four classes)
        direction = str(symbol.direction).rsplit(".", 1)[-1]
        width = int(symbol.type.bitstreamWidth)
        return Port(symbol.name, _DIRECTIONS.get(direction, "inout"), width, self._place(symbol.location))

    def _parameter(self, symbol: Any) -> Parameter:  # noqa: ANN401 (values and types)
        try:
            value = symbol.value.value
            real = isinstance(value, float)
            value = int.from_bytes(value.encode("latin-1")) if isinstance(value, str) else None if real else int(value)
        except (
            AttributeError,
            TypeError,
            ValueError,
        ):  # a type, a string, a real number, or none for want of a default
            value = None
        return Parameter(symbol.name, symbol.isLocalParam, value, self._place(symbol.location), _text(symbol))

    def _memories(self, body: Any) -> list[str]:  # noqa: ANN401 (whose scope)
        """List the files that `$readmemh` and `$readmemb` name by constants, where the design has any of them."""
        from pyslang import ast  # noqa: PLC0415 (slow to import)

        if not any(self.given.scan(path, self.root, self.folders).memories for path in self.files):
            return []
        names: list[str] = []

        def call(node: Any) -> None:  # noqa: ANN401 (whatever is called)
            if node.subroutineName in {"$readmemh", "$readmemb"} and node.arguments:
                context = ast.EvalContext(ast.ASTContext(body, ast.LookupLocation.max))
                value = node.arguments[0].eval(context).convertToStr().value
                names.extend([value] if isinstance(value, str) else [])

        def block(node: Any) -> Any:  # noqa: ANN401 (slang's own)
            return ast.VisitAction.Skip if node.isUninstantiated else ast.VisitAction.Advance

        body.visit(lookup_table={ast.ExpressionKind.Call: call, ast.SymbolKind.GenerateBlock: block})
        return list(dict.fromkeys(filter(None, names)))
