import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

public class Hello {
    static int fib(int n) {
        return n < 2 ? n : fib(n - 1) + fib(n - 2);
    }

    static int deep(int n) {
        return deep(n + 1) + 1;
    }

    public static void main(String[] args) throws Exception {
        System.out.println("hello " + fib(20));
        ExecutorService pool = Executors.newFixedThreadPool(3);
        List<Future<Integer>> results = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            final int k = i;
            results.add(pool.submit(() -> fib(10 + k)));
        }
        for (Future<Integer> f : results)
            System.out.println(f.get());
        pool.shutdown();
        try {
            Object none = null;
            none.hashCode();
        } catch (NullPointerException e) {
            System.out.println("null");
        }
        try {
            System.out.println(1 / args.length);
        } catch (ArithmeticException e) {
            System.out.println("division");
        }
        try {
            deep(1);
        } catch (StackOverflowError e) {
            System.out.println("stack");
        }
        System.exit(4);
    }
}
