import Testing

@testable import Federation

@Suite struct ListUpdateTests {
    private func entries(_ words: [String]) throws -> [ListEntry] {
        try words.map { word in
            let parts = word.split(separator: "|").map(String.init)
            return try ListSamples.entry(parts[0], until: parts.count > 1 ? Int(parts[1]) : nil)
        }
    }

    private func update(
        _ known: [String]?, _ new: [String], _ apply: PeerList.Apply, most: Int? = nil,
        of stance: PeerList.Stance = .block
    ) throws -> (live: [String]?, waits: ListUpdate.Reason?) {
        let update = ListUpdate(
            of: stance, from: try known.map(entries), to: try entries(new), apply, most: most)
        return (update.live.map { $0.map(\.words).sorted() }, update.waits)
    }

    @Test func theFirstVersionIsTakenUnlessAPersonHasTo() throws {
        for apply in [PeerList.Apply.all, .additions] {
            let first = try update(nil, ["a.example"], apply, most: 1)
            #expect(first.live == ["a.example"])
            #expect(first.waits == nil)
        }
        let drafted = try update(nil, ["a.example"], .drafts)
        #expect(drafted.live == nil)
        #expect(drafted.waits == .drafts)
    }

    @Test func additionsTakeEffectAndRemovalsWait() throws {
        let mixed = try update(["a.example", "b.example"], ["b.example", "c.example"], .additions)
        #expect(mixed.live == ["a.example", "b.example", "c.example"])
        #expect(mixed.waits == .removals)
        let more = try update(["a.example"], ["a.example", "c.example"], .additions)
        #expect(more.live == ["a.example", "c.example"])
        #expect(more.waits == nil)
    }

    /// One entry of many, and everybody below it comes in.
    @Test(arguments: [PeerList.Apply.all, .additions], ["*.test", ".b.example"])
    func whatIsWideAndNewInAListThatAllowsWaits(_ apply: PeerList.Apply, _ wide: String) throws {
        let known = ["a.example", "*.c.example"]
        let allowed = try update(known, known + ["d.example", wide], apply, of: .allow)
        #expect(allowed.live?.sorted() == known.sorted())
        #expect(allowed.waits == .wide)
        #expect(try update(known, known + ["d.example"], apply, of: .allow).waits == nil)
        #expect(try update(known, known + [wide], apply, of: .block).waits == nil)
        #expect(try update(nil, known + [wide], apply, of: .allow).waits == nil)
    }

    /// Each step is small enough; together they are not.
    @Test func stepsOfADayAddUp() throws {
        let hosts = (0..<10).map { "n\($0).example" }
        func update(from known: [String], to new: [String], most: Int? = 20) throws -> ListUpdate {
            ListUpdate(
                of: .block, from: try entries(known), since: try entries(hosts),
                to: try entries(new), .all, most: most)
        }
        let second = try update(from: Array(hosts.dropFirst()), to: Array(hosts.dropFirst(2)))
        #expect(second.waits == nil)
        let third = try update(from: Array(hosts.dropFirst(2)), to: Array(hosts.dropFirst(3)))
        #expect(third.waits == .addsUp)
        #expect(third.live?.count == 8)
        #expect(third.change.words == "1 removed")
        // What one step takes away and the next one gives back is no change.
        let back = try update(from: Array(hosts.dropFirst(2)), to: Array(hosts.dropFirst()))
        #expect(back.waits == nil)
        let free = try update(
            from: Array(hosts.dropFirst(2)), to: Array(hosts.dropFirst(3)), most: nil)
        #expect(free.waits == nil)
    }

    @Test func aLaterEndIsAnAdditionAndASoonerOneARemoval() throws {
        let (day, later) = (86_400 * 100, 86_400 * 200)
        let longer = try update(["a.example|\(day)"], ["a.example|\(later)"], .additions)
        #expect(longer.live == ["a.example until 1970-07-19"])
        #expect(longer.waits == nil)
        let endless = try update(["a.example|\(day)"], ["a.example"], .additions)
        #expect(endless.live == ["a.example"])
        #expect(endless.waits == nil)
        let shorter = try update(["a.example"], ["a.example|\(day)"], .additions)
        #expect(shorter.live == ["a.example"])
        #expect(shorter.waits == .removals)
        #expect(
            try update(["a.example"], ["a.example|\(day)"], .all).live == [
                "a.example until 1970-04-10"
            ])
    }

    @Test func allTakesEffectOrAllWaits() throws {
        #expect(try update(["a.example"], ["b.example"], .all).live == ["b.example"])
        let drafts = try update(["a.example"], ["b.example"], .drafts)
        #expect(drafts.live == ["a.example"])
        #expect(drafts.waits == .drafts)
    }

    /// Ten entries, of which a fifth may change.
    @Test func aLargerChangeThanAllowedIsHeldBackWhole() throws {
        let known = (0..<10).map { "n\($0).example" }
        #expect(try update(known, known + ["x.example", "y.example"], .all, most: 20).waits == nil)
        for apply in PeerList.Apply.allCases where apply != .drafts {
            let grown = try update(
                known, known + ["x.example", "y.example", "z.example"], apply, most: 20)
            #expect(grown.live == known)
            #expect(grown.waits == .tooLarge)
        }
        #expect(try update(known, Array(known.dropFirst(3)), .all, most: 20).waits == .tooLarge)
        #expect(try update([], ["x.example"], .all, most: 20).waits == .tooLarge)
    }

    @Test func aListThatIsEmptiedIsHeldBackWhateverIsAllowed() throws {
        for apply in [PeerList.Apply.all, .additions] {
            let emptied = try update(["a.example"], [], apply)
            #expect(emptied.live == ["a.example"])
            #expect(emptied.waits == .emptied)
            #expect(emptied.waits?.isAlarm == true)
        }
        #expect(try update([], [], .all).waits == nil)
    }

    @Test func notesAndOrderAreNoChange() throws {
        let known = [
            try ListSamples.entry("a.example", note: "x"), try ListSamples.entry("b.example"),
        ]
        let new = [
            try ListSamples.entry("b.example"), try ListSamples.entry("a.example", note: "y"),
        ]
        let update = ListUpdate(of: .block, from: known, to: new, .drafts, most: 0)
        #expect(update.waits == nil)
        #expect(update.live == new)
        #expect(update.change.words == "no change")
    }
}
