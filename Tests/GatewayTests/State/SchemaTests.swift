import GRDB
import Testing

@testable import Gateway

@Suite struct SchemaTests {
    private func version(_ database: DatabaseQueue) throws -> Int {
        try database.read { try Schema.version($0) }
    }

    @Test func stepsAreDoneOnceAndInOrder() throws {
        let database = try DatabaseQueue()
        let steps = [
            "CREATE TABLE a (x)", "ALTER TABLE a ADD COLUMN y", "INSERT INTO a VALUES (1, 2)",
        ]
        try database.writeWithoutTransaction {
            try Schema.migrate($0, steps: Array(steps.prefix(2)))
        }
        #expect(try version(database) == 2)
        try database.writeWithoutTransaction { try Schema.migrate($0, steps: steps) }
        try database.writeWithoutTransaction { try Schema.migrate($0, steps: steps) }
        #expect(try version(database) == 3)
        #expect(try database.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM a") } == 1)
    }

    @Test func aStepThatFailsHalfwayLeavesTheSchemaFromBeforeAllOfThem() throws {
        let database = try DatabaseQueue()
        let first = ["CREATE TABLE a (x)"]
        try database.writeWithoutTransaction { try Schema.migrate($0, steps: first) }
        let steps = first + ["CREATE TABLE b (x)", "CREATE TABLE c (x); CREATE TABLE c (x)"]
        #expect(throws: DatabaseError.self) {
            try database.writeWithoutTransaction { try Schema.migrate($0, steps: steps) }
        }
        #expect(try version(database) == 1)
        let tables = try database.read {
            try String.fetchAll($0, sql: "SELECT name FROM sqlite_schema WHERE type = 'table'")
        }
        #expect(tables == ["a"])
    }

    @Test func theStepsOfThisVersionMakeItsSchema() throws {
        let database = try DatabaseQueue()
        try database.writeWithoutTransaction { try Schema.migrate($0) }
        #expect(try version(database) == Schema.newest)
        #expect(
            try database.read { try Int.fetchOne($0, sql: "PRAGMA application_id") }
                == Schema.applicationID)
    }
}
