import Testing

@testable import Gateway

@Suite struct TurnsTests {
    @Test func ofOneKeyThereIsOneAtATime() async {
        let turns = Turns<String>()
        let inside = TestCounter()
        let places = await withTaskGroup(of: Int.self) { group in
            for number in 0..<200 {
                group.addTask {
                    let key = "\(number % 2)"
                    await turns.begin(key)
                    let place = key == "0" ? inside.add() : 0
                    await Task.yield()
                    // Nobody else of this key came meanwhile.
                    let isAlone = key != "0" || inside.value == place
                    turns.end(key)
                    return isAlone ? place : -1
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(places.sorted() == Array(repeating: 0, count: 100) + Array(1...100))
    }

    @Test func afterItIsOverTheKeyIsFree() async {
        let turns = Turns<Int>()
        for _ in 0..<3 {
            await turns.begin(1)
            await turns.begin(2)
            turns.end(1)
            turns.end(2)
        }
    }
}
