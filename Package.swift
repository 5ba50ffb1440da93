// swift-tools-version: 6.2
import PackageDescription

/// Every target of ours: Swift 6, the upcoming features that make imports and isolation explicit,
/// strict memory safety, and no warning left standing.
let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .enableExperimentalFeature("Lifetimes"),
    .strictMemorySafety(),
    .treatAllWarnings(as: .error),
]

/// What is linked is fixed when the program starts, and cannot be changed afterwards (full RELRO).
let hardened: [LinkerSetting] = [
    .unsafeFlags(
        ["-Xlinker", "-z", "-Xlinker", "relro", "-Xlinker", "-z", "-Xlinker", "now"],
        .when(platforms: [.linux]))
]

func nio(_ name: String) -> Target.Dependency { .product(name: name, package: "swift-nio") }

let targets: [Target] = [
    .systemLibrary(
        name: "COpenSSL", pkgConfig: "openssl", providers: [.apt(["libssl-dev"])]),
    .systemLibrary(
        name: "CNGHTTP2", pkgConfig: "libnghttp2", providers: [.apt(["libnghttp2-dev"])]),
    .target(name: "HTTP2", dependencies: ["CNGHTTP2"], swiftSettings: strict),
    .target(name: "OpenSSL", dependencies: ["COpenSSL"], swiftSettings: strict),
    .target(name: "HTTPSignatures", dependencies: ["OpenSSL"], swiftSettings: strict),
    .target(
        name: "Federation", dependencies: ["HTTPSignatures", "OpenSSL"], swiftSettings: strict),
    .target(
        name: "Transport",
        dependencies: [
            "HTTP2", "HTTPSignatures", "OpenSSL", nio("NIOCore"), nio("NIOPosix"),
            .product(name: "SystemPackage", package: "swift-system"),
        ],
        swiftSettings: strict),
    .target(
        name: "Gateway",
        dependencies: [
            "Federation", "HTTPSignatures", "OpenSSL", "Transport",
            .product(name: "GRDB", package: "GRDB.swift"),
            .product(name: "Logging", package: "swift-log"),
            .product(name: "SystemPackage", package: "swift-system"),
        ],
        swiftSettings: strict),
    .executableTarget(
        name: "ocmgate",
        dependencies: [
            "Federation", "Gateway", "HTTP2", "HTTPSignatures", "OpenSSL", "Transport",
            .product(name: "ArgumentParser", package: "swift-argument-parser"),
            .product(name: "Logging", package: "swift-log"),
        ],
        swiftSettings: strict, linkerSettings: hardened),
    .executableTarget(
        name: "ocmgate-demo",
        dependencies: [
            "Federation", "HTTPSignatures", "OpenSSL", "Transport",
            .product(name: "ArgumentParser", package: "swift-argument-parser"),
        ],
        swiftSettings: strict),

    .testTarget(name: "OpenSSLTests", dependencies: ["OpenSSL"], swiftSettings: strict),
    .testTarget(
        name: "HTTPSignaturesTests",
        dependencies: [
            "HTTPSignatures", "OpenSSL",
            .product(name: "StructuredFieldValues", package: "swift-http-structured-headers"),
            .product(name: "RawStructuredFieldValues", package: "swift-http-structured-headers"),
        ],
        swiftSettings: strict),
    .testTarget(
        name: "FederationTests",
        dependencies: ["Federation", "HTTPSignatures", "OpenSSL"], swiftSettings: strict),
    .target(
        name: "HTTP2Client", dependencies: ["CNGHTTP2"], path: "Tests/HTTP2Client",
        swiftSettings: strict),
    .testTarget(name: "HTTP2Tests", dependencies: ["HTTP2", "HTTP2Client"], swiftSettings: strict),
    .testTarget(
        name: "TransportTests",
        dependencies: [
            "Transport", "HTTP2", "HTTP2Client", "OpenSSL", nio("NIOCore"), nio("NIOPosix"),
            nio("NIOHTTP1"), nio("NIOEmbedded"),
        ],
        swiftSettings: strict),
    .testTarget(
        name: "GatewayTests",
        dependencies: [
            "Gateway", "Federation", "HTTPSignatures", "OpenSSL", "Transport",
            .product(name: "GRDB", package: "GRDB.swift"),
            .product(name: "Logging", package: "swift-log"),
            .product(name: "SystemPackage", package: "swift-system"),
        ],
        swiftSettings: strict),
    .target(
        name: "FuzzProperties",
        dependencies: ["Federation", "HTTP2", "HTTPSignatures", "OpenSSL", "Transport"],
        path: "Tests/Fuzz/Properties", swiftSettings: strict),
    .testTarget(
        name: "FuzzTests", dependencies: ["FuzzProperties"], path: "Tests/Fuzz/Replay",
        swiftSettings: strict),
    .testTarget(
        name: "OcmgateTests",
        dependencies: [
            "ocmgate", "Federation", "Gateway",
            .product(name: "ArgumentParser", package: "swift-argument-parser"),
        ],
        swiftSettings: strict),
    .testTarget(
        name: "OcmgateDemoTests",
        dependencies: ["ocmgate-demo", "Federation", "HTTPSignatures", "OpenSSL", "Transport"],
        swiftSettings: strict),
]

/// The libFuzzer program of `scripts/fuzz`; its `main` is libFuzzer's own.
let fuzzer = Target.executableTarget(
    name: "ocmgate-fuzz", dependencies: ["FuzzProperties"], path: "Tests/Fuzz/Runner",
    swiftSettings: strict + [.unsafeFlags(["-parse-as-library"])])

/// `OCMGATE_ONLY=OpenSSL,OpenSSLTests swift test` builds just these targets (name what they
/// depend on too): the quick way to work on one of them.
let only = Context.environment["OCMGATE_ONLY"].map { $0.split(separator: ",").map(String.init) }

/// The program of `scripts/bench-policy`.
let bench = Target.executableTarget(
    name: "ocmgate-bench", dependencies: ["Federation"], path: "Benchmarks/Policy",
    swiftSettings: strict)

/// `OCMGATE_FUZZ=1` adds the fuzzer, which only builds with `--sanitize=fuzzer`; `OCMGATE_BENCH=1`
/// the benchmarks that are in Swift.
let added =
    (Context.environment["OCMGATE_FUZZ"] == nil ? [] : [fuzzer])
    + (Context.environment["OCMGATE_BENCH"] == nil ? [] : [bench])

let package = Package(
    name: "ocmgate",
    platforms: [.macOS(.v26)],
    dependencies: [
        .package(url: "https://github.com/apple/swift-nio", exact: "2.101.2"),
        .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
        .package(url: "https://github.com/apple/swift-system", exact: "1.8.1"),
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
        .package(url: "https://github.com/apple/swift-http-structured-headers", exact: "1.7.0"),
        .package(url: "https://github.com/groue/GRDB.swift", exact: "7.10.0"),
    ],
    targets: (targets + added).filter { target in
        target.type == .system || only?.contains(target.name) ?? true
    }
)
