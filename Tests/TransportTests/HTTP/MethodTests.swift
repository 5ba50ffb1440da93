import Testing

@testable import Transport

@Suite struct MethodTests {
    @Test(arguments: Method.allCases)
    func everyMethodIsReadFromItsName(_ method: Method) throws {
        let read = try Method.parse(Array(method.rawValue.utf8).span)
        #expect(read == method)
    }

    @Test(arguments: Method.allCases)
    func methodsHaveCase(_ method: Method) {
        #expect(throws: RequestFailure.methodUnknown) {
            try Method.parse(Array(method.rawValue.lowercased().utf8).span)
        }
    }

    @Test(arguments: ["TRACE", "TRACK"])
    func traceIsNeverServed(_ name: String) {
        #expect(throws: RequestFailure.methodNotAllowed) {
            try Method.parse(Array(name.utf8).span)
        }
    }
}
