import Federation

/// Tells the scenes: to people line by line, to programs as one document at the end.
struct Narrator {
    enum Audience { case people, programs }

    let audience: Audience
    private(set) var scenes: [Scene] = []

    init(_ audience: Audience) { self.audience = audience }

    func open(_ world: World) {
        guard audience == .people else { return }
        print(
            """
            A \(world.backend.kind.product) that knows nothing of signatures or tokens, behind the gateway
            that makes it a member of the federation. All on loopback, over real TLS.

              \(World.host)   the gateway (127.0.0.1:\(world.home.gatewayPort)), and behind it the old server
              \(world.college.host)      another gateway, and behind it \(world.college.backend.kind.product)
              \(world.modern.host)           a strict modern server: \(world.modern.generation.description)
              \(world.cavage.host)        a Nextcloud 33: \(world.cavage.generation.description)
              \(world.legacy.host)            an old server, admitted by name: \(world.legacy.generation.description)
            """)
    }

    mutating func tell(_ scene: Scene) {
        scenes.append(scene)
        guard audience == .people else { return }
        print("\n\(scenes.count). \(scene.title)")
        for line in scene.lines { print("   \(padded(line.who, 26)) \(line.what)") }
        for complaint in scene.complaints { print("   NOT AS EXPECTED            \(complaint)") }
    }

    /// The table, or the document; true when every step was as expected.
    func close() -> Bool {
        let allWell = scenes.allSatisfy(\.isAsExpected)
        switch audience {
        case .people:
            let width = scenes.map(\.title.count).max() ?? 0
            print("\n\(padded("step", width + 4)) answer  as expected")
            for (number, scene) in scenes.enumerated() {
                let title = padded("\(number + 1).", 4) + padded(scene.title, width)
                let status = padded(scene.status.map(String.init) ?? "-", 7)
                print("\(title) \(status) \(scene.isAsExpected ? "yes" : "NO")")
            }
            print(
                allWell ? "\nAll \(scenes.count) steps went as expected." : "\nSomething is wrong.")
        case .programs:
            let document = JSONValue.object([
                ("ok", .bool(allWell)), ("steps", .array(scenes.map(\.json))),
            ])
            print(String(decoding: document.serialized(), as: UTF8.self))
        }
        return allWell
    }

    private func padded(_ text: String, _ width: Int) -> String {
        text.count >= width ? text : text + String(repeating: " ", count: width - text.count)
    }
}
